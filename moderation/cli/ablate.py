"""`ablate`: what each kind of the careful reader's training data brings."""

import json
from pathlib import Path
from typing import Any

import click

from moderation.classifier import artifact, data
from moderation.classifier.reader import QuickReader
from moderation.cli.progress import steps
from moderation.cli.readers import cores, json_option, plain_errors
from moderation.cli.train_careful import ABLATIONS, MANIFEST, METRICS, read_json, train_network
from moderation.cli.wish import Wish

_OWN = 0.25
_ABOUT = (
    "Small networks, each trained from the base weights for one round on the same {rows:,} rows of the training data, "
    "our own examples a quarter as often as usual, and without one kind of what the mixture has. The figures are the "
    "network's alone, on held-back comments; they are lower than those of the one that ships, which read all the rows. "
    "Our own examples are for what those comments hardly hold: negation, quotation, counter-speech, cruelty without a "
    "bad word. Only *our own held back* shows that, and it flatters: what was held back of them has the patterns of "
    "what was not."
)


@click.command(
    epilog="Example: moderation ablate ../shared/data/train.csv.gz --output models/careful-2 --work /tmp/ablations"
)
@click.argument("data_file", metavar="DATA", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--output", required=True, metavar="DIRECTORY", type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The careful reader whose ablations.json is written.",
)  # fmt: skip
@click.option(
    "--work", required=True, metavar="DIRECTORY", type=click.Path(file_okay=False, path_type=Path),
    help="Where the small networks go. A run that was broken off goes on there.",
)  # fmt: skip
@click.option("--rows", default=10_000, show_default=True, type=click.IntRange(1), help="Of DATA, drawn at random.")
@click.option("--seed", default=0, show_default=True)
@click.option("--threads", default=cores, type=click.IntRange(1), show_default="one a core")
@json_option
def ablate(data_file: Path, output: Path, work: Path, rows: int, seed: int, threads: int, as_json: bool) -> None:
    """Train small networks, each without one kind of data, and write what each kind brings.

    It takes about a quarter of an hour for each of the four on two cores and needs the extra `train`. The figures go
    to ablations.json in the output directory, and to the model's metrics and card.
    """
    with plain_errors(), steps() as progress:
        from moderation.classifier.careful.ablations import LEFT_OUT, outline
        from moderation.classifier.careful.base import base_directory, require_train_extra

        require_train_extra()
        base, read, quick = base_directory(), data.read(data_file), QuickReader.load()
        trainings: dict[str, Any] = {}
        for kind, said in {"": "everything", **{kind: f"without {said}" for kind, said in LEFT_OUT.items()}}.items():
            folder = work / f"{kind or 'everything'}-{rows}-{seed}"
            kept = folder / "outline.json"
            if not kept.exists():
                folder.mkdir(parents=True, exist_ok=True)
                without = (kind,) if kind else ()
                wish = Wish(data_file, folder, seed, 1, rows, without, None, threads, None, own=_OWN)
                _, careful = train_network(wish, base, read, quick, progress)
                found = outline(read, quick, careful, folder=data_file.parent, seed=seed, progress=progress)
                artifact.write_json(kept, found)
            trainings[said] = read_json(kept)
        made = {
            "kinds of data": {
                "about": _ABOUT.format(rows=rows),
                "command": f"moderation ablate {data_file.name} --output models/{output.name} --work DIRECTORY"
                f" --rows {rows} --seed {seed}",
                "trainings": trainings,
            }
        }
        artifact.write_json(output / ABLATIONS, made)
        _show(output, made)
    click.echo(json.dumps(made, indent=1) if as_json else f"{output.name}/{ABLATIONS} is written.")


def _show(output: Path, made: dict[str, Any]) -> None:
    """Put the figures on the card of a model that has one."""
    from moderation.classifier.careful.card import card

    manifest, metrics = (read_json(output / name) for name in (MANIFEST, METRICS))
    if manifest and metrics:
        metrics["ablations"] = made
        artifact.write_json(output / METRICS, metrics)
        (output / "card.md").write_text(card(manifest, metrics), encoding="utf-8")
