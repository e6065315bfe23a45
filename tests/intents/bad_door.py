"""What stands for the process with the door after a stranger has taken it over: it misuses its wire."""

from __future__ import annotations

import itertools
import socket
import sys
import threading

from hypertui.core.clock import wall_ms
from hypertui.core.intents import IntentReason, IntentVerb
from hypertui.intents.gate import Alert
from hypertui.webhook.wire import AlertWish, Rejection, SignOfLife, Trouble, said_line


def _misuse(kind: str, wire: socket.socket) -> None:
    wire.recv(1)  # what the engine says first has come
    wire.sendall(said_line(SignOfLife()))
    match kind:
        case "deaf":
            for nr in itertools.count():
                wire.sendall(said_line(Rejection(nr, "tv-sol", "open", IntentReason.SCHEMA, "a fault")))
        case "noisy":
            for nr in range(2_000):
                wire.sendall(said_line(Trouble(f"trouble {nr}")))
        case "greedy":
            wire.sendall(said_line(AlertWish(1, "nobody", Alert(IntentVerb.OPEN, "k", wall_ms()))))
        case "endless":
            wire.sendall(b"x" * 100_000)
        case "broken":
            wire.sendall(b"\xff\n")
    threading.Event().wait()


if __name__ == "__main__":
    _misuse(sys.argv[1], socket.socket(fileno=int(sys.argv[2])))
