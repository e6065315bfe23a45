"""Rows on standard output: a table for people, JSON or CSV for programs, however many there are.

Programs get all digits and the columns' own names, people what `charts.figures` makes of both."""

from __future__ import annotations

import csv
import json
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import chain
from typing import Literal, TextIO

from hypertui.charts.figures import heading, kinds, row_shown
from hypertui.core.market import Instrument, plain
from hypertui.core.redaction import harmless

Format = Literal["table", "json", "csv"]

_NEWEST = 500  # rows of a table for people
_WIDE = 4_000  # columns of a pipe


def write_rows(
    rows: Iterable[Mapping[str, object]], how: Format, nothing: str, instruments: Mapping[str, Instrument]
) -> None:
    """Write rows that all have the same names. `nothing` is said of none; `instruments` are the markets by
    their symbols, for their decimals in a table."""
    iterator = iter(rows)
    first = next(iterator, None)
    if first is None:
        if how == "json":
            print("[]")
        print(nothing, file=sys.stdout if how == "table" else sys.stderr)
        return
    every = chain((first,), iterator)
    match how:
        case "json":
            _json(every, sys.stdout)
        case "csv":
            _csv(tuple(first), every, sys.stdout)
        case "table":
            _table(tuple(first), every, instruments)


def write_figures(figures: Mapping[str, object], how: Literal["json", "csv"]) -> None:
    """Write one object for programs."""
    if how == "json":
        print(json.dumps(_as_json(figures)))
    else:
        _csv(tuple(figures), [figures], sys.stdout)


def write_words(lines: Iterable[tuple[str, str]]) -> None:
    """Write figures for people, each with its name, one below the other."""
    kept = list(lines)
    width = max(len(name) for name, _ in kept)
    for name, text in kept:
        print(f"{name:<{width}}  {harmless(text)}")


def _json(rows: Iterator[Mapping[str, object]], out: TextIO) -> None:
    before = "[\n"
    for row in rows:
        out.write(before + json.dumps(_as_json(row)))
        before = ",\n"
    out.write("\n]\n")


def _csv(names: tuple[str, ...], rows: Iterable[Mapping[str, object]], out: TextIO) -> None:
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_cell(value) for value in row.values()])


def _cell(value: object) -> object:
    if isinstance(value, Decimal):
        return plain(value)
    # A spreadsheet would work out a cell that begins like this, and words of a venue may.
    if isinstance(value, str):
        value = harmless(value)
        return f"'{value}" if value[:1] in ("=", "+", "-", "@") else value
    return value


def _as_json(row: Mapping[str, object]) -> dict[str, object]:
    return {name: plain(value) if isinstance(value, Decimal) else value for name, value in row.items()}


def _table(
    names: tuple[str, ...], rows: Iterator[Mapping[str, object]], instruments: Mapping[str, Instrument]
) -> None:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    kept: deque[Mapping[str, object]] = deque(maxlen=_NEWEST)
    count = 0
    for row in rows:
        kept.append(row)
        count += 1
    found = kinds(names)
    headings = {name: heading(name, found[name]) for name in names}
    texts = [row_shown(row, found, instruments) for row in kept]
    console = Console(width=None if sys.stdout.isatty() else _WIDE, highlight=False)
    table = Table(box=SIMPLE, pad_edge=False)
    for name in names:
        number = any(isinstance(row[name], Decimal | int) for row in kept)
        table.add_column(headings[name], justify="right" if number else "left", no_wrap=True)
    for row_ in texts:
        table.add_row(*(Text(harmless(row_[name])) for name in names))
    if console.measure(table, options=console.options.update(width=_WIDE)).maximum <= console.width:
        # Past rich's own writing, which has an exit of its own for a reader that has gone.
        with console.capture() as drawn:
            console.print(table)
        sys.stdout.write(drawn.get())
    else:  # one figure below the other, rather than columns without their figures
        for row_ in texts:
            write_words((headings[name], row_[name]) for name in names)
            print()
    if count > len(kept):
        print(f"the newest {len(kept):,} of {count:,} rows; --json and --csv give all")
