"""`python -m tests.golden`: compares what the engine decides by each tape with what was kept."""

from __future__ import annotations

import argparse
import csv
import gzip
import sys
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from pathlib import Path

from hypertui.port.commands import OnExit, Verb
from hypertui.port.snapshot import Network
from tests.golden import live, store
from tests.golden.record import record
from tests.golden.tape import Tape
from tests.support.ladders import ladder_config

_BTC = ladder_config(Network.PAPER, "BTC", Decimal(40), Decimal(4_000), 5, on_exit=OnExit.FLATTEN)
_ORDERS = {400: Verb.PAUSE, 470: Verb.RESUME, 800: Verb.CANCEL_BUYS, 860: Verb.RESUME}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.golden", description=__doc__)
    parser.add_argument("--write", action="store_true", help="keep what is decided today instead")
    parser.add_argument("--seeds", type=int, nargs=2, metavar=("FIRST", "COUNT"), help="tape seeds")
    parser.add_argument(
        "--hour", nargs=2, metavar=("SERIES", "NUMBER"), help="tape an hour of a price series"
    )
    parser.add_argument("--take", type=Path, metavar="FOLDER", help="keep the tapes of a folder")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    options = parser.parse_args()
    with ProcessPoolExecutor(options.jobs) as pool:
        if options.seeds:
            first, count = options.seeds
            said = list(pool.map(_tape_seed, range(first, first + count)))
        elif options.hour:
            said = [_tape_hour(Path(options.hour[0]), int(options.hour[1]))]
        elif options.take:
            said = list(pool.map(_take, sorted(options.take.glob("*.tape.xz"))))
        else:
            said = list(pool.map(_write if options.write else store.difference, store.names()))
    for text in filter(None, said):
        print(text)
    print(f"{len(said)} tapes, {sum(map(bool, said))} differ or are left out")
    return 1 if any(said) else 0


def _write(name: str) -> str:
    store.write(name, store.decided(name))
    return ""


def _tape_seed(seed: int) -> str:
    try:
        store.keep(f"seed {seed:04}", record(seed))
    except (ValueError, AssertionError) as error:
        return f"seed {seed} is left out: {error}"
    return ""


def _take(path: Path) -> str:
    try:
        store.keep(path.name.removesuffix(".tape.xz"), Tape.load(path))
    except (ValueError, KeyError) as error:
        return f"{path.name} is left out: {error}"
    return ""


def _tape_hour(series: Path, number: int) -> str:
    with gzip.open(series, "rt") as rows:
        candles = [
            (Decimal(row["open"]), Decimal(row["high"]), Decimal(row["low"]), Decimal(row["close"]))
            for row in csv.DictReader(rows)
        ]
    prices = list(live.path(candles[60 * number : 60 * (number + 1)]))
    try:
        store.keep(f"hour {number:03}", live.hour(_BTC, prices, _ORDERS))
    except ValueError as error:
        return f"hour {number} is left out: {error}"
    return ""


if __name__ == "__main__":
    sys.exit(main())
