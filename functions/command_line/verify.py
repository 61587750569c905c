"""`oracle-etl verify`: prove after the fact that a version is what its job wrote."""

from __future__ import annotations

import click

from command_line.output import Output
from command_line.session import examples, says_how_it_ends


@click.command(
    "verify",
    epilog=examples(
        "oracle-etl verify JOB-20260118-103000-1a2b",
        "oracle-etl verify JOB-20260118-103000-1a2b --deep",
        "oracle-etl verify --manifest gs://lake/TRPID-1a2b3c4d/v001/manifest.json --json",
    ),
)
@click.argument("job", required=False)
@click.option(
    "--manifest",
    metavar="BUCKET/NAME",
    help="Verify what this manifest names, also when nobody knows its job any more.",
)
@click.option("--lines", is_flag=True, help="Also read every line as JSON.")
@click.option("--deep", is_flag=True, help="Also compare every value with the database.")
@says_how_it_ends
def verify(
    output: Output, *, job: str | None, manifest: str | None, lines: bool, deep: bool
) -> None:
    """Read a job's manifest and objects again, and say by table what is wrong.

    Checks presence, generation, size, crc32c, sha256, compression and rows of every object, and
    that nothing else lies there. With --deep the rows are compared with the database at the SCN
    that they were read at, as far as undo reaches. Reads with the settings of this machine, not
    through the API.
    """
    # Imported here: decoders would slow down every other command.
    from command_line.verification import Asked, show_verification  # noqa: PLC0415

    show_verification(Asked(job=job, manifest=manifest, lines=lines, deep=deep), output)
