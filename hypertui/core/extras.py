"""Optional libraries: loaded when a command needs one, and missed in one line that says how to get it."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType


def has(module: str) -> bool:
    """Whether a library is installed, without loading it."""
    return find_spec(module.partition(".")[0]) is not None


def require(module: str, extra: str, what: str) -> ModuleType:
    """A module of an optional library, loaded. `what` is what needs it, the subject of a sentence in the
    singular; `extra` is where pyproject.toml lists it. Raises ValueError with one line where it is missing.
    """
    if not has(module):
        library = module.partition(".")[0]
        raise ValueError(f"{what} needs {library}: pip install 'hypertui[{extra}]'")
    return import_module(module)
