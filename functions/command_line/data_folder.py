"""The folder in which the embedded home keeps everything."""

from __future__ import annotations

from tempfile import TemporaryFile

from command_line.exits import BadUsage
from oracle_etl.settings import HomeSettings


def prepare_folder(home: HomeSettings) -> None:
    """Make the folder of the embedded home, for this account alone; refuse one it cannot write."""
    if home.home != "embedded":
        return
    try:
        home.data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryFile(dir=home.data_folder):
            pass
    except OSError as error:
        raise BadUsage(
            f"{home.data_folder} cannot be written: {error.strerror}",
            hint="set DATA_FOLDER to a folder that this account may write",
        ) from error
