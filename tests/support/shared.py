"""What takes long to work out and is the same each time: once for all processes that run the tests."""

from __future__ import annotations

import fcntl
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, cast

Result = TypeVar("Result")

# Of the workers of a run, where there are several.
folder: Path | None = None


def once(name: str, make: Callable[[], Result]) -> Result:
    """What `make` gives, or has given to another worker by this `name`. It can be pickled."""
    if folder is None:
        return make()
    with (folder / f"shared {name}").open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        if kept := file.read():
            return cast(Result, pickle.loads(kept))
        made = make()
        file.write(pickle.dumps(made))
        return made
