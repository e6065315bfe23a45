"""The three standard streams, as this process was given them: closed, full, or of a terminal that knows no
UTF-8. Nothing of that is a defect, and no command ends by it in a traceback."""

from __future__ import annotations

import codecs
import errno
import locale
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

NOT_WRITTEN = 74  # the output could not be written (EX_IOERR of sysexits.h)

_IN_ASCII = "hypertui.ascii"
# What Python itself puts in the place of the C locale (PEP 538).
_COERCED = ("C.UTF-8", "C.utf8", "UTF-8")
_OUTPUT = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF, errno.EAGAIN, errno.EINVAL)


def settle() -> None:
    """Make the streams usable whatever they are. To be called before anything is opened or printed."""
    _open_missing()
    codecs.register_error(_IN_ASCII, _in_ascii)
    whole = speaks_utf8()
    for stream in (sys.stdout, sys.stderr):
        _reconfigure(stream, "ascii" if not whole and _is_utf8(stream.encoding) else None, _IN_ASCII)
    _reconfigure(sys.stdin, None, "replace")


def speaks_utf8() -> bool:
    """Whether the terminal is likely to show UTF-8: what was said of the locale, if anything was."""
    said = os.environ
    if said.get("PYTHONIOENCODING"):
        return _is_utf8(said["PYTHONIOENCODING"].partition(":")[0] or "utf-8")
    if said.get("PYTHONUTF8") == "1":
        return True
    kind = said.get("LC_CTYPE")
    name = said.get("LC_ALL") or (None if kind in _COERCED and said.get("LANG") else kind) or said.get("LANG")
    if not name:
        return True
    codeset = name.partition("@")[0].partition(".")[2]
    if codeset:
        return _is_utf8(codeset)
    return name not in ("C", "POSIX") and _is_utf8(locale.getencoding())


def can_move_its_cursor() -> bool:
    """Whether the terminal can show a screen at all: a dumb one, or one that nobody has named, cannot."""
    return _terminal() != "" and not is_dumb()


def is_dumb() -> bool:
    """Whether the terminal says of itself that it shows characters one after the other and nothing else."""
    return _terminal() in ("dumb", "unknown")


def shows_colour() -> bool:
    """Whether what is printed may have colours: a person sees it at a terminal that has some, and has not
    said NO_COLOR."""
    return sys.stdout.isatty() and can_move_its_cursor() and not os.environ.get("NO_COLOR")


def are_watched() -> bool:
    """Whether somebody sits at a terminal, to read and to type."""
    return sys.stdin.isatty() and sys.stdout.isatty()


@contextmanager
def screen() -> Iterator[None]:
    """For the time of a screen: what draws it writes to standard error, which may lead into a file; then it
    is drawn where the terminal is."""
    errors = sys.__stderr__
    if errors is None or not errors.isatty():
        sys.__stderr__ = sys.__stdout__  # type: ignore[misc]
    try:
        yield
    finally:
        sys.__stderr__ = errors  # type: ignore[misc]


def say(text: str) -> None:
    """Print a line for a command that goes on whatever becomes of its output."""
    try:
        print(text, flush=True)
    except OSError as error:
        _to_nowhere(sys.stdout)
        if not isinstance(error, BrokenPipeError):
            complain(_lost(error))


def complain(text: str) -> None:
    """Print a line of the program's own to standard error; one that takes no words gets none."""
    with suppress(OSError, ValueError):
        print(f"hypertui: {text}", file=sys.stderr, flush=True)


def is_of_the_output(error: OSError) -> bool:
    """Whether a command failed for what it was to write to, not by itself."""
    return error.filename is None and error.errno in _OUTPUT


def not_written(error: OSError) -> int:
    """Say that the output is lost; returns the exit status."""
    _to_nowhere(sys.stdout)
    complain(_lost(error))
    return NOT_WRITTEN


def finished(status: int) -> int:
    """Write out what is still buffered; returns `status`, or that the output was lost of a command that else
    went well. Whoever read and has left is no failure."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _to_nowhere(sys.stdout)
    except OSError as error:
        lost = not_written(error)
        status = status or lost
    except ValueError:
        pass  # closed already
    try:
        sys.stderr.flush()
    except OSError:
        _to_nowhere(sys.stderr)
    except ValueError:
        pass
    return status


def _lost(error: OSError) -> str:
    return f"standard output cannot be written: {error.strerror or error}"


def _to_nowhere(stream: TextIO) -> None:
    """What is still buffered must not fail a second time on the way out."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _open_missing() -> None:
    """In place of a stream that is closed: nothing to read, nobody who reads. Else the next file that is
    opened, the journal's perhaps, would have its number and get what is printed."""
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            # It gets the lowest free number: this one.
            os.set_inheritable(os.open(os.devnull, os.O_WRONLY if descriptor else os.O_RDONLY), True)
        if getattr(sys, name) is None:
            file = os.fdopen(descriptor, "w" if descriptor else "r", encoding="utf-8", closefd=False)
            setattr(sys, name, file)
            setattr(sys, f"__{name}__", file)


def _reconfigure(stream: TextIO, encoding: str | None, errors: str) -> None:
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding=encoding or stream.encoding, errors=errors)


def _terminal() -> str:
    return os.environ.get("TERM", "").lower()


def _is_utf8(encoding: str | None) -> bool:
    return (encoding or "").lower().replace("-", "").replace("_", "") == "utf8"


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    """What a terminal's encoding does not have, in characters that every encoding has."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    from hypertui.console.format import to_ascii

    return to_ascii(error.object[error.start : error.end]), error.end
