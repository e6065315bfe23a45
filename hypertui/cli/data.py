"""`hypertui data`: fetch price series, check and generate them."""

from __future__ import annotations

import argparse
import asyncio
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from hypertui.cli import streams
from hypertui.cli.public_endpoint import endpoint
from hypertui.cli.values import typed
from hypertui.core.clock import wall_ms
from hypertui.core.extras import require
from hypertui.core.price_series import OutOfOrder, PriceKind, SeriesError
from hypertui.core.price_series.times import milliseconds

if TYPE_CHECKING:
    from hypertui.series.ticks import Ticks

_FOUND, _NOT_REACHED = 1, 4
_DATA = "hypertui data"


def data(arguments: argparse.Namespace) -> int:
    """Run the command; returns the exit status: 0 done, 1 the check found something, 4 exchange not reached.
    Raises ValueError with one line for bad input."""
    match arguments.data_command:
        case "fetch":
            return _fetch(arguments)
        case "check":
            return _check(arguments)
        case _:
            require("numpy", "data", f"{_DATA} generate")
            from hypertui.cli.data_generate import generate

            return generate(arguments)


def _fetch(arguments: argparse.Namespace) -> int:
    from hypertui.cli.data_fetch import WantedCandles, fetch
    from hypertui.exchange.hyperliquid.public_data import LENGTHS
    from hypertui.exchange.protocol import ExchangeError, Rejected

    if arguments.interval not in LENGTHS:
        raise ValueError(f"interval {typed(arguments.interval)} is not one of {', '.join(LENGTHS)}")
    now = wall_ms()
    since = None if arguments.since is None else _time("--from", arguments.since)
    until = now if arguments.until is None else _time("--to", arguments.until)
    if since is not None and since > until:
        raise ValueError(f"--from {typed(arguments.since)} is after --to {typed(arguments.until or 'now')}")
    asked = WantedCandles(arguments.symbol, arguments.interval, since, until, arguments.out)
    try:
        said = asyncio.run(fetch(endpoint(arguments), asked, now, streams.complain))
    except Rejected as error:
        raise ValueError(str(error)) from None
    except ExchangeError as error:
        kept = "what came is kept" if arguments.out.exists() else "nothing came"
        asked_of = endpoint(arguments).base_url
        streams.complain(f"{asked_of}: {error}; {kept}, the same command goes on")
        return _NOT_REACHED
    except OSError as error:
        if error.filename is None and streams.is_of_the_output(error):
            raise ValueError(f"{arguments.out} cannot be written: {error.strerror}") from None
        raise ValueError(f"{arguments.out} cannot be used: {error.strerror}") from None
    streams.say(said)
    return 0


def _time(flag: str, text: str) -> int:
    try:
        return milliseconds([text], lambda index: flag, [])[0]
    except SeriesError:
        raise ValueError(f"{flag} {typed(text)} is no time, such as 2026-11-01 or 2026-11-01T12:00") from None


def _check(arguments: argparse.Namespace) -> int:
    require("numpy", "data", f"{_DATA} check")
    from hypertui.series.check import SeriesFault, faults
    from hypertui.series.loading import load_ticks

    kind = None if arguments.price is None else PriceKind(arguments.price)
    name = str(arguments.prices)
    try:
        ticks = load_ticks(arguments.prices, arguments.symbol, kind)
    except OutOfOrder as error:
        found: tuple[SeriesFault, ...] = (SeriesFault("order", 1, str(error)),)
        head = f"{name}: not in the order of time; nothing else was looked at"
        about: dict[str, object] = {"file": name}
    else:
        found = faults(ticks)
        head, about = _head(name, ticks), _about(name, ticks)
    if arguments.json:
        print(json.dumps(about | {"findings": [asdict(fault) for fault in found]}))
    else:
        print("\n".join([head, *(f"{fault.kind}: {fault.text}" for fault in found)]))
        if not found:
            print("clean: no gaps, duplicates, outliers or flat stretches")
    return _FOUND if found else 0


def _head(name: str, ticks: Ticks) -> str:
    from hypertui.series.check_words import moment

    what = "candles" if ticks.per_row > 1 else "prices"
    period = "without times"
    if ticks.times is not None:
        period = f"{moment(int(ticks.times[0]))} to {moment(int(ticks.times[-1]))} UTC"
    return "\n".join([f"{name}: {ticks.rows:,} {what}, {period}", *(f"note: {note}" for note in ticks.notes)])


def _about(name: str, ticks: Ticks) -> dict[str, object]:
    period = {} if ticks.times is None else {"first": int(ticks.times[0]), "last": int(ticks.times[-1])}
    shape = {"rows": ticks.rows, "per_row": ticks.per_row, "decimals": ticks.decimals, "digest": ticks.digest}
    return {"file": name, **shape, **period, "notes": ticks.notes}
