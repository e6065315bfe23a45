"""`--metrics`: the engine's figures by HTTP, where that was asked for; nothing of it is loaded else."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec

from hypertui.cli import streams
from hypertui.cli.arguments import FLAG_NAMES
from hypertui.core.endpoint import ListenAddress
from hypertui.port.engine import EnginePort

_WORDS = {
    errno.EADDRINUSE: "somebody listens there already",
    errno.EADDRNOTAVAIL: "the host is no address of this machine",
    errno.EACCES: "this user may not listen there",
}
_WAITING = 16  # connections that the kernel keeps until there is a place


@contextmanager
def metrics_door(wanted: ListenAddress | None) -> Iterator[socket.socket | None]:
    """A socket that listens there, before anything is traded; None where none was asked for. Raises
    ValueError with one line."""
    if wanted is None:
        yield None
        return
    flag = FLAG_NAMES["metrics", "address"]
    if find_spec("prometheus_client") is None:
        raise ValueError(f"{flag} needs the extra 'metrics': pip install 'hypertui[metrics]'")
    family = socket.AF_INET6 if ":" in wanted.host else socket.AF_INET
    try:
        listening = socket.create_server(wanted, family=family, backlog=_WAITING)
    except OSError as error:  # whose own words would say the address once more
        number = error.errno or 0
        # The resolver's numbers are below 0.
        why = "no such host is known" if number < 0 else _WORDS.get(number, os.strerror(number))
        raise ValueError(f"{flag} {wanted}: {why}") from None
    with listening:
        yield listening


@contextmanager
def served_metrics(
    engine: EnginePort, door: socket.socket | None, notices: Callable[[], Mapping[str, int]] = dict
) -> Iterator[None]:
    """For the time of the context, what comes in at the door is answered; `notices` counts those in each
    state."""
    if door is None:
        yield
        return
    from hypertui.metrics.server import MetricsServer

    host, port = door.getsockname()[:2]
    streams.complain(f"metrics at http://{ListenAddress(host, port)}/metrics")
    with MetricsServer(engine, door, notices=notices):
        yield
