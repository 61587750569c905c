"""`oracle-etl doctor`: look whether everything that a job needs is there."""

from __future__ import annotations

from pathlib import Path

import click

from command_line.output import Output
from command_line.session import examples, says_how_it_ends
from oracle_etl.settings import Settings


@click.command(
    "doctor",
    epilog=examples(
        "oracle-etl doctor",
        "oracle-etl doctor --first-contact",
        "oracle-etl doctor --first-contact --source erp --report erp.json --yes",
    ),
)
@click.option(
    "--first-contact",
    "is_first_contact",
    is_flag=True,
    help="Try every type and privilege on the database, in tables of our own that are dropped.",
)
@click.option("--source", default="default", show_default=True, help="Which source is tried.")
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    default="first-contact.json",
    show_default=True,
    help="Where the report is written; as text beside it.",
)
@click.option("--seed", default=1, show_default=True, help="Draws the random values.")
@click.option("--yes", "is_agreed", is_flag=True, help="Make and drop tables without asking.")
@says_how_it_ends
def doctor(
    output: Output,
    *,
    is_first_contact: bool,
    source: str,
    report: Path,
    seed: int,
    is_agreed: bool,
) -> None:
    """Look at settings, state, queue, store, disk and every source, and say what to do.

    With --first-contact, a source is tried as no job has tried it: edge values of every type and
    random ones are put into tables of our own, read as a job reads them, and compared. The tables
    are made in the account's own schema, their names begin with ORACLE_ETL_TRY_, and each is
    dropped at once. The report names no host, no user and no data. Reads with the settings of
    this machine, not through the API.
    """
    settings = Settings.from_environment()
    # Imported here: drivers and encoders would slow down every other command.
    if is_first_contact:
        from command_line.doctor_first_contact import Asked, first_contact  # noqa: PLC0415

        asked = Asked(source=source, report=report, seed=seed, is_agreed=is_agreed)
        first_contact(asked, settings=settings, output=output)
    else:
        from command_line.doctor_check_up import show_check_up  # noqa: PLC0415 - the same

        show_check_up(settings, output)
