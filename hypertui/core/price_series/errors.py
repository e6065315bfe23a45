"""How a price file is refused."""

from __future__ import annotations

_QUOTED = 60  # characters of a cell that a message repeats


class SeriesError(ValueError):
    """A price file that cannot be used; the text is one line that names the file, the row and the figure."""


class OutOfOrder(SeriesError):
    """Rows whose times go forth and back."""


def quoted(cell: str) -> str:
    """A cell as a message repeats it: in quotes, on one line, and not all of it when it is long."""
    return repr(cell.strip() if len(cell) <= _QUOTED else f"{cell[:_QUOTED]}…")
