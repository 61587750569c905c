"""The parts of the READMEs that are generated from the code.

`python tests/readme_parts.py` writes them; a test compares them.
"""

from __future__ import annotations

from pathlib import Path

from command_line.exits import MEANINGS
from oracle_etl.settings import settings_table

ROOT = Path(__file__).parents[1]
FILES = ("README.md", "README.ko.md")


def exit_codes() -> str:
    """Return the table of exit codes, in Markdown."""
    lines = [f"| {code} | {meaning} |\n" for code, meaning in MEANINGS.items()]
    return "| Code | Meaning |\n|---|---|\n" + "".join(lines)


def parts() -> dict[str, str]:
    """Return the generated parts by the name of their markers."""
    return {"settings": settings_table(), "exit codes": exit_codes()}


def with_parts(text: str) -> str:
    """Return a README with its generated parts as they should be."""
    for name, content in parts().items():
        before, begin, rest = text.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition(f"<!-- /{name} -->")
        if not begin or not end:
            raise ValueError(f"the markers of {name!r} are missing")
        text = f"{before}{begin}{content}{end}{after}"
    return text


if __name__ == "__main__":
    for file in FILES:
        readme = ROOT / file
        readme.write_text(with_parts(readme.read_text(encoding="utf-8")), encoding="utf-8")
