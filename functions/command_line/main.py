"""The `oracle-etl` command."""

from __future__ import annotations

import sys
from importlib.metadata import version as installed_version

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from command_line.demo import demo
from command_line.doctor import doctor
from command_line.exits import MEANINGS
from command_line.jobs import jobs
from command_line.output import Output
from command_line.serve import serve
from command_line.session import examples, says_how_it_ends
from command_line.tables import tables
from command_line.transports import transports
from command_line.verify import verify

_COMPLETIONS: dict[str, type[ShellComplete]] = {
    "bash": BashComplete,
    "zsh": ZshComplete,
    "fish": FishComplete,
}


@click.group(
    epilog=examples(
        "oracle-etl demo",
        "oracle-etl serve",
        'oracle-etl transports create --name "Daily sales" --table SALES.ORDERS',
        "oracle-etl transports execute TRPID-1a2b3c4d --watch",
        "oracle-etl jobs list --status failed --json",
    )
    + "\n\n\b\nExit codes:\n"
    + "\n".join(f"  {code:>3}  {meaning}" for code, meaning in MEANINGS.items()),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
def main() -> None:
    """Carry Oracle tables into an object store: exact, fast, watched and repeatable."""


@main.command("version")
@says_how_it_ends
def version(output: Output) -> None:
    """Say which version this is."""
    found = installed_version("oracle-etl")
    output.event("version", {"version": found})
    output.note(f"oracle-etl {found}, Python {sys.version.split()[0]}")


@main.command(
    "completion",
    epilog=examples(
        "oracle-etl completion bash > ~/.local/share/bash-completion/completions/oracle-etl",
        "oracle-etl completion zsh > ~/.zfunc/_oracle-etl",
        "oracle-etl completion fish > ~/.config/fish/completions/oracle-etl.fish",
    ),
)
@click.argument("shell", type=click.Choice(list(_COMPLETIONS)))
def completion(shell: str) -> None:
    """Print the script that completes commands and options in a shell."""
    script = _COMPLETIONS[shell](main, {}, "oracle-etl", "_ORACLE_ETL_COMPLETE")
    click.echo(script.source())


for _family in (serve, demo, doctor, tables, transports, jobs, verify):
    main.add_command(_family)
