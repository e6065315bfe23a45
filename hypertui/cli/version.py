"""`hypertui --version`: what runs here, for a report."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from hypertui.cli.child import child_environment

_PATIENCE = 5.0


def version_line() -> str:
    """Version, commit where the program runs from its repository, Python, and the two libraries whose
    versions matter most."""
    commit = _commit(Path(__file__).parents[2])
    return (
        f"hypertui {version('hypertui')}{f' (commit {commit})' if commit else ''}, "
        f"Python {platform.python_version()}, "
        f"hyperliquid-python-sdk {version('hyperliquid-python-sdk')}, Textual {version('textual')}"
    )


def _commit(root: Path) -> str:
    """The commit that `root` has checked out; empty where it is no repository, or nobody can say."""
    if not (root / ".git").exists():
        return ""
    command = ["git", "-C", str(root), "rev-parse", "--short=12", "HEAD"]
    try:
        said = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
            stdin=subprocess.DEVNULL,
            env=child_environment(),
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return said.stdout.strip() if said.returncode == 0 else ""
