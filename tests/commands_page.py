"""Print the help of every command as docs/commands.md; run it to write the page anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from command_line.main import main

PAGE = Path(__file__).parent.parent / "docs" / "commands.md"
_WIDTH = 100

_ABOVE = """\
# Every command

Printed from the commands themselves; a test keeps the two alike. All but `serve`, `demo`,
`doctor` and `verify` talk to the server of `ORACLE_ETL_URL`. What the exit codes mean stands at the
end of the first help, what the error codes mean in [errors](errors.md).
"""


def page() -> str:
    """Return the page's text."""
    return _ABOVE + "".join(
        f"\n## {context.command_path}\n\n```\n{_help(context)}\n```\n" for context in commands()
    )


def commands() -> Iterator[click.Context]:
    """Yield every command and group, as if it were called, in the order of `--help`."""
    return _below(click.Context(main, info_name="oracle-etl", **_settings(main)))


def _below(context: click.Context) -> Iterator[click.Context]:
    yield context
    if isinstance(context.command, click.Group):
        for name, command in sorted(context.command.commands.items()):
            inner = click.Context(command, info_name=name, parent=context, **_settings(command))
            yield from _below(inner)


def _settings(command: click.Command) -> dict[str, Any]:
    return {**command.context_settings, "terminal_width": _WIDTH}


def _help(context: click.Context) -> str:
    return "\n".join(line.rstrip() for line in context.get_help().splitlines())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
