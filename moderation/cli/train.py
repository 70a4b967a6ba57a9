"""`train`: how the readers are made."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from moderation.classifier import artifact, data, measuring, training
from moderation.classifier.card import card
from moderation.classifier.challenges import choose_article_factors
from moderation.classifier.plots import plots
from moderation.cli.described import described
from moderation.cli.progress import steps
from moderation.cli.readers import cores, json_option, plain_errors
from moderation.cli.train_careful import refit_careful, train_careful
from moderation.cli.wish import LEFT_OUT, Wish

_FOR_CAREFUL = ("rounds", "rows", "without", "quick", "threads", "refit", "spans_by", "start")


@click.command(epilog="Example: moderation train ../shared/data/train.csv.gz --output models/quick-3")
@click.argument("data_file", metavar="DATA", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--output", required=True, metavar="DIRECTORY", type=click.Path(file_okay=False, path_type=Path),
    help="Where the model goes; the directory's name is the model's.",
)  # fmt: skip
@click.option("--seed", default=0, show_default=True, help="The same data and seed give the same weights.")
@click.option("--reader", type=click.Choice(["quick", "careful"]), default="quick", show_default=True)
@click.option("--rounds", default=1, show_default=True, type=click.IntRange(1), help="How often a comment is read.")
@click.option("--rows", type=click.IntRange(1), help="Of DATA, drawn at random; all if not said.")
@click.option("--without", type=click.Choice(LEFT_OUT), multiple=True, help="Left out of the mixture; for ablations.")
@click.option(
    "--quick", metavar="DIRECTORY", type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The quick reader that it will work with; the newest if not said.",
)  # fmt: skip
@click.option("--threads", default=cores, type=click.IntRange(1), show_default="one a core")
@click.option("--refit", is_flag=True, help="Keep the network; fit, measure and describe the combination anew.")
@click.option(
    "--spans-by", metavar="DIRECTORY", type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A careful reader trained --without civil-comments, to be measured on toxic_spans.csv.gz.",
)  # fmt: skip
@click.option(
    "--start", metavar="DIRECTORY", type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A careful reader to go on from, instead of the base weights.",
)  # fmt: skip
@json_option
@click.pass_context
def train(
    context: click.Context,
    data_file: Path,
    output: Path,
    seed: int,
    reader: str,
    rounds: int,
    rows: int | None,
    without: tuple[str, ...],
    quick: Path | None,
    threads: int,
    refit: bool,
    spans_by: Path | None,
    start: Path | None,
    as_json: bool,
) -> None:
    """Fit a reader on DATA, measure it, and write the model, its manifest, metrics, plots and card.

    DATA is a .csv or .csv.gz with text, one column an attribute (empty: nobody was asked), source, licence
    and natural. Development sets that lie beside it (bias_madlibs.csv.gz, toxic_spans.csv.gz) are measured on,
    never trained on. The quick reader takes some minutes. The careful one takes about an hour on two cores and
    needs the extra `train` (CONTRIBUTING.md); a run that was broken off goes on where it was. The options from
    --rounds to --start are the careful reader's.
    """
    if reader == "quick":
        _refuse_careful_options(context)
    with plain_errors(), steps() as progress:
        if reader == "quick":
            manifest, metrics = _train_quick(data_file, output, seed, progress)
        else:
            wish = Wish(data_file, output, seed, rounds, rows, without, quick, threads, spans_by, start)
            manifest, metrics = refit_careful(wish, progress) if refit else train_careful(wish, progress)
    click.echo(
        json.dumps({"manifest": manifest, "metrics": metrics}, indent=1)
        if as_json
        else f"{manifest['model']} is ready; read its card.md."
    )


def _refuse_careful_options(context: click.Context) -> None:
    given = click.core.ParameterSource.COMMANDLINE
    said = [name for name in _FOR_CAREFUL if context.get_parameter_source(name) is given]
    if said:
        raise click.UsageError(f"--{said[0].replace('_', '-')} needs --reader careful.")


def _train_quick(
    data_file: Path, output: Path, seed: int, progress: Callable[[str, int, int], None]
) -> tuple[dict[str, Any], dict[str, Any]]:
    rows = data.read(data_file)
    trained = training.train(rows, seed=seed, progress=progress)
    trained, article = choose_article_factors(trained, seed)
    metrics = measuring.measure(trained, seed=seed, folder=data_file.parent, progress=progress)
    metrics |= {"article": article} if article else {}
    command = f"moderation train {data_file.name} --output models/{output.name} --seed {seed}"
    metrics["commands"] = {group: command for group in metrics if group != "split"}
    manifest = artifact.save(
        output,
        trained.model,
        metrics=metrics,
        training={
            "command": command,
            "seed": seed,
            "data": {"file": data_file.name, "sha256": artifact.sha256(data_file)}
            | described(trained.corpus.data, len(rows.texts), training.SOURCE_WEIGHT),
        },
    )
    for name, content in {"card.md": card(manifest, metrics), **plots(metrics)}.items():
        (output / name).write_text(content, encoding="utf-8")
    return manifest, metrics
