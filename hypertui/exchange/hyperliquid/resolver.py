"""Names of hosts to addresses, on threads that nobody waits for: the system's resolver may block for long."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult


class Resolver(AbstractResolver):
    """The system's resolver, which not even the end of the process waits for."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of `host`. Raises OSError."""
        return [
            ResolveResult(
                hostname=host,
                host=address[0],
                port=address[1],
                family=found,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for found, _, protocol, _, address in await asyncio.wrap_future(_begin(host, port, family))
        ]

    async def close(self) -> None:
        """Nothing is kept."""


def _begin(host: str, port: int, family: int) -> Future[Sequence[Any]]:
    answer: Future[Sequence[Any]] = Future()
    answer.set_running_or_notify_cancel()  # from now on nobody can call it off

    def look() -> None:
        try:
            answer.set_result(
                socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
            )
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            answer.set_exception(error)

    threading.Thread(target=look, name="hyperliquid-resolver", daemon=True).start()
    return answer
