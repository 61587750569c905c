"""Which server to be: what it announces decides which dialect the client speaks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A release of Oracle as a client meets it."""

    name: str
    release: tuple[int, int, int, int, int]
    protocol_version: int
    """Version of the packet layer; below 315 the thin driver gives up with DPY-3010."""
    field_version: int
    """Version of the messages: later ones carry more fields."""
    fast_authentication: bool
    end_of_response: bool
    """Whether each response ends with a mark instead of being recognised by its last message."""

    @property
    def release_number(self) -> int:
        """The release packed as it travels; 18c moved the bits."""
        first, second, third, fourth, fifth = self.release
        if self.release[0] >= REPACKED_SINCE:
            return first << 24 | second << 16 | third << 12 | fourth << 4 | fifth
        return first << 24 | second << 20 | third << 12 | fourth << 8 | fifth

    @property
    def banner(self) -> str:
        """The line V$VERSION would show first."""
        return f"Oracle Database {self.name} (stand-in for development)"


REPACKED_SINCE = 18

PROFILES = {
    profile.name: profile
    for profile in (
        Profile(
            name="11.2",
            release=(11, 2, 0, 4, 0),
            protocol_version=314,
            field_version=6,
            fast_authentication=False,
            end_of_response=False,
        ),
        Profile(
            name="19c",
            release=(19, 3, 0, 0, 0),
            protocol_version=318,
            field_version=12,
            fast_authentication=False,
            end_of_response=False,
        ),
        Profile(
            name="23ai",
            release=(23, 6, 0, 24, 10),
            protocol_version=319,
            field_version=24,
            fast_authentication=True,
            end_of_response=True,
        ),
    )
}
