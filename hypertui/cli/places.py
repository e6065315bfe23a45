"""Where everything is kept: the state folder of a network, and the journal."""

from __future__ import annotations

import os
from pathlib import Path

from hypertui.settings import Settings

_JOURNAL = "journal.db"


def state_home(given: Path | None) -> Path:
    """The state folder of all networks: the one that was given, or the user's own."""
    if given is not None:
        return given
    home = os.environ.get("XDG_STATE_HOME")
    return (Path(home) if home else Path.home() / ".local" / "state") / "hypertui"


def state_folder(settings: Settings) -> Path:
    """The folder of the settings' network; it need not be there."""
    return state_home(settings.state_dir) / settings.network.value


def made_state_folder(settings: Settings) -> Path:
    """The same, made if need be. Raises ValueError where that cannot be."""
    folder = state_folder(settings)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ValueError(f"state folder {folder} cannot be made: {error.strerror}") from None
    return folder


def journal_file(folder: Path) -> Path:
    """The journal's file in a state folder; it need not be there."""
    return folder / _JOURNAL


def journal_url(url: str | None, folder: Path) -> str:
    """The journal's URL: the one that was set, or that of the file in the state folder."""
    return url or f"sqlite:///{journal_file(folder)}"
