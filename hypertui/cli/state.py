"""Where things are kept: one folder for each network."""

from __future__ import annotations

import os
from pathlib import Path

from hypertui.settings import Settings


def state_folder(settings: Settings) -> Path:
    """The network's folder, whether it is there or not."""
    base = settings.state_dir
    if base is None:
        state_home = os.environ.get("XDG_STATE_HOME")
        base = (Path(state_home) if state_home else Path.home() / ".local" / "state") / "hypertui"
    return base / settings.network.value
