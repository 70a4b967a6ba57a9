"""`python -m tests.fuzz [TARGET ...] --seconds 600`: coverage-guided fuzzing with atheris; `make fuzz` installs it.

Each target runs in a process of its own. What breaks a promise is written to `var/fuzz/TARGET/crash-*`: mend it, and
put a short form of the input into `tests/fuzz/corpus/TARGET`.
"""

import argparse
import importlib
import logging
import os
import subprocess
import sys
from pathlib import Path

import structlog

FOLDER = Path(__file__).parent
FOUND = FOLDER.parent.parent / "var" / "fuzz"
LONGEST = {"normaliser": 600, "rules": 600, "signatures": 1200}  # bytes of an input; a body may be longer
LONGEST_BODY = 3000
PLAIN = {"normaliser"}  # these run the loops over characters as Python, so that they are followed too
FOLLOWED = [
    *("json", "html.parser", "moderation.text", "moderation.domain", "moderation.webhooks.signing"),
    *("moderation.web.bodies", "moderation.web.schemas", "moderation.web.dialect", "moderation.web.dialects"),
]
SLOW_S = 5  # for one input


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="all by default")
    parser.add_argument("--seconds", type=int, default=600, help="for each target (default 600)")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.here:
        fuzz(arguments.targets[0], arguments.seconds)
    from tests.fuzz.targets import TARGETS

    failed = []
    for name in arguments.targets or TARGETS:
        print(f"fuzzing {name} for {arguments.seconds} s", flush=True)  # noqa: T201
        command = [sys.executable, "-m", "tests.fuzz", name, "--seconds", str(arguments.seconds), "--here"]
        if subprocess.run(command, check=False).returncode:
            failed.append(name)
    print(f"broken: {', '.join(failed) or 'nothing'}")  # noqa: T201
    return 1 if failed else 0


def fuzz(name: str, seconds: int) -> None:
    """Fuzz one target in this process; ends it."""
    import atheris

    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    if name in PLAIN:
        os.environ["NUMBA_DISABLE_JIT"] = "1"
    else:  # compiled code cannot be followed, so it is loaded before anything is
        importlib.import_module("moderation.text.normalise")
        importlib.import_module("moderation.classifier.kernel")
    with atheris.instrument_imports(include=FOLLOWED):
        from tests.fuzz.targets import TARGETS

    new, found = FOUND / name / "corpus", FOUND / name
    new.mkdir(parents=True, exist_ok=True)
    longest = LONGEST.get(name, LONGEST_BODY)
    options = [
        *(f"-max_total_time={seconds}", f"-max_len={longest}", f"-timeout={SLOW_S}", "-rss_limit_mb=3000"),
        *(f"-artifact_prefix={found}/", "-print_final_stats=1", "-verbosity=0"),
        *(str(new), str(FOLDER / "corpus" / name)),
    ]
    atheris.Setup([sys.argv[0], *options], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
