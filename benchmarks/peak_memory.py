"""How much memory this process took at most; imported by peers too, so nothing else is needed."""

from pathlib import Path


def peak_rss_mb(process: int | str = "self") -> float:
    """Return the largest resident set of this program, or of another one that runs.

    `getrusage` would also count the process that started it, before it became this one.
    """
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


def forget_peak() -> None:
    """Have the largest resident set counted anew from now on."""
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
