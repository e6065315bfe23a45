"""What consoles that are attached cost the engine: a step's order with none and with twenty of them.

The same walk as in `pipeline`, in turns of `TURN` steps without and with consoles, so that whatever else the
machine does meets both. The consoles are in a process of their own, `python -m benchmarks.attached SOCKET`:
fifteen read what they are sent, five never do.
"""

import os
import selectors
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from benchmarks.engine import PATIENCE, Engine
from benchmarks.figures import milliseconds, ratio
from benchmarks.market import SYMBOL, SetPrices, running
from benchmarks.pipeline import CONFIG, PACE, QUIET, WARM_UP, Paired, paired, walk
from benchmarks.taps import Recorder
from hypertui.server import addresses, protocol
from hypertui.server.server import ControlServer

CLIENTS = 20
STALLED = 5
HZ = 4
STEPS = 800
TURN = 100


def step() -> dict[str, object]:
    """From the price message's bytes at the engine's socket to the last byte of the order that it causes."""
    beside = Path(__file__).parent  # a disk: in the folder for temporary files a commit may cost nothing
    with (
        tempfile.TemporaryDirectory(prefix="bench-", dir=beside) as folder,
        running() as (url, set_prices),
    ):
        return _measure(url, set_prices, Path(folder))


def _measure(url: str, set_prices: SetPrices, folder: Path) -> dict[str, object]:
    placed = threading.Event()
    recorder = Recorder(lambda kind: placed.set() if kind == "order" else None)
    found: dict[bool, list[Paired]] = {False: [], True: []}
    units = iter(walk())
    with recorder.recording(), Engine(url, folder, [CONFIG]) as engine:
        engine.wait_for_unit(0)
        with ControlServer(engine.embedded, folder):
            for first in range(0, STEPS + WARM_UP, TURN):
                watched = first // TURN % 2 == 1
                with _consoles(folder) if watched else nullcontext():
                    for taken in range(first, first + TURN):
                        began = time.monotonic()
                        unit = next(units)
                        price = engine.unit_price(unit)
                        recorder.take()
                        placed.clear()
                        set_prices({SYMBOL: price})
                        placed.wait(PATIENCE)  # looking at the engine before that would be in its way
                        engine.wait_for_unit(unit)
                        times = paired(recorder.take(), price)
                        time.sleep(QUIET + max(0.0, began + PACE - time.monotonic()))
                        if times is not None and taken >= WARM_UP:
                            found[watched].append(times)
    alone, watched_by = found[False], found[True]
    told: dict[str, object] = {"clients": CLIENTS, "stalled": STALLED, "steps": [len(alone), len(watched_by)]}
    for name, times in (
        ("left", [[one.left for one in group] for group in (alone, watched_by)]),
        ("acknowledged", [[one.acknowledged for one in group] for group in (alone, watched_by)]),
    ):
        without, with_all = (milliseconds(group) for group in times)
        told |= {
            f"{name}_p50_ms": [without.p50, with_all.p50],
            f"{name}_p99_ms": [without.p99, with_all.p99],
            f"{name}_p50_ratio": ratio(with_all.p50, without.p50),
            f"{name}_p99_ratio": ratio(with_all.p99, without.p99),
        }
    return told


@contextmanager
def _consoles(state: Path) -> Iterator[None]:
    """All of them, subscribed, for as long as the context lasts."""
    (path,) = addresses.found(state)
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.attached", str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        if process.stdout.readline() != "ready\n":
            raise RuntimeError("the consoles did not attach")
        yield
    finally:
        process.stdin.close()
        process.wait(PATIENCE)
        process.stdout.close()


def _watch(path: Path) -> None:
    """Attach, read on those that do, and end with standard input."""
    asked = {"type": "subscribe", "id": "bench", "hz": HZ, "read_only": True}
    clients: list[socket.socket] = []
    with selectors.DefaultSelector() as selector:
        selector.register(sys.stdin.fileno(), selectors.EVENT_READ)
        for number in range(CLIENTS):
            client = addresses.connect(path, PATIENCE)
            client.sendall(protocol.line(asked))
            clients.append(client)
            if number >= STALLED:
                selector.register(client, selectors.EVENT_READ)
        print("ready", flush=True)
        while True:
            for key, _ in selector.select():
                if key.fd == sys.stdin.fileno():
                    return
                if not os.read(key.fd, 1 << 20):
                    raise RuntimeError("the engine has let a console go that reads")


if __name__ == "__main__":
    _watch(Path(sys.argv[1]))
