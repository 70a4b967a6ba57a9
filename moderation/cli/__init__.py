"""The commands. Each module holds one subject; nothing heavy is imported before a command runs."""

import importlib

import click

COMMANDS = {
    "demo": ("demo", "demo"),
    "serve": ("serve", "serve"),
    "worker": ("serve", "worker"),
    "site": ("site", "site"),
    "moderator": ("moderator", "moderator"),
    "score": ("score", "score"),
    "evaluate": ("evaluate", "evaluate"),
    "match-threshold": ("match_threshold", "match_threshold"),
    "explain": ("explain", "explain"),
    "train": ("train", "train"),
    "ablate": ("ablate", "ablate"),
    "bench": ("bench", "bench"),
    "bench-service": ("bench_service", "bench_service"),
    "backup": ("backup", "backup"),
    "restore": ("backup", "restore"),
    "copy-database": ("backup", "copy_database"),
    "doctor": ("doctor", "doctor"),
    "audit": ("audit", "audit"),
    "author": ("author", "author"),
    "purge": ("purge", "purge"),
}


class _Commands(click.Group):
    """Imports a command's module when it is asked for, so that `--help` does not load scikit-learn."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name]
        command: click.Command = getattr(importlib.import_module(f"moderation.cli.{module}"), attribute)
        return command


@click.group(cls=_Commands, epilog="Start with: moderation demo")
@click.version_option(package_name="moderation")
def main() -> None:
    """Hold, publish or reject a blog's comments before they appear, and say why."""
