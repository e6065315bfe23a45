"""Compiling by numba, and where the results are kept: once a version, in the user's cache folder.

The package's own folder may be read-only, and a cache beside each source would not notice that a function
in another file has changed. So there is one folder for each state of these sources. Where none can be
written that belongs to the user alone, each process compiles anew: what is loaded from there is run.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.extending import overload

_Function = TypeVar("_Function", bound=Callable[..., Any])


def compiled(function: _Function) -> _Function:
    """The function in machine code, made with its first call and kept. Divisions are not checked."""
    return _made(function)


def inlined(function: _Function) -> _Function:
    """The same, for a short one: it becomes part of whatever compiled code calls it."""
    return _made(function, forceinline=True)


def borrowing(function: _Function) -> _Function:
    """The same for a function that makes no array: it counts no references to those that it is given, which
    would take longer than a search in them."""
    return _made(function, _nrt=False)


def _made(function: _Function, **options: bool) -> _Function:
    folder, config = cache_folder(), cast(Any, numba.config)
    njit = cast(Any, numba.njit)  # which has more options than its types say
    before = config.CACHE_DIR
    try:
        if folder is not None:
            config.CACHE_DIR = str(folder)  # looked at here and not later
        made = njit(function, nogil=True, error_model="numpy", cache=folder is not None, **options)
    finally:
        config.CACHE_DIR = before
    return cast(_Function, made)


def for_types(stub: Callable[..., Any]) -> Callable[[_Function], _Function]:
    """Marks what chooses the body of `stub` by the numba types of its arguments; it returns None for those it
    has none for. What calls the stub in compiled code gets that body."""
    chosen: Callable[[_Function], _Function] = overload(
        stub, jit_options={"error_model": "numpy"}, strict=False
    )
    return chosen


def is_warm() -> bool:
    """Whether something has been kept for this version, so that a start need not wait for the compiler."""
    folder = cache_folder()
    return folder is not None and any(folder.rglob("*.nbc"))


@cache
def cache_folder() -> Path | None:
    """Where machine code is kept; None for nowhere."""
    sources = hashlib.sha256(numba.__version__.encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        sources.update(source.read_bytes())
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    try:
        folder = Path(base).expanduser() / "hypertui" / "compiled" / sources.hexdigest()[:16]
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = folder.stat()
    except (OSError, RuntimeError):  # the latter where there is no home
        return None
    private = kept.st_uid == os.getuid() and not kept.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return folder if private and os.access(folder, os.W_OK | os.X_OK) else None
