"""Where refused logins are remembered."""

from __future__ import annotations

from typing import Protocol


class LoginRefusals(Protocol):
    """Where all processes of a home remember for some minutes which logins were refused."""

    def is_known(self, login: str) -> bool:
        """Tell whether a login was refused a short while ago, to whomever."""
        ...

    def note(self, login: str) -> None:
        """Keep that a login was just refused."""
        ...
