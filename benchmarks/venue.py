"""The local venue: signed orders a second, messages a second to a hundred sockets, memory after many."""

import asyncio
import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eth_account import Account
from hyperliquid.utils.signing import sign_l1_action
from websockets.asyncio.client import connect

from hypertui.venue.api.signing import action_hash, recover_l1

ORDERS = 3_000
CONNECTIONS = 8
IN_FLIGHT = 50
SOCKETS = 100
FANOUT_SECONDS = 5.0
MANY_ORDERS = 100_000
BATCH = 100
KEY = Account.from_key("0x" + "1" * 64)
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def orders() -> dict[str, object]:
    """Orders that trade, each an action of its own, signed in advance; beside them, recovering signers."""
    with _venue() as (pid, port):
        bodies = [_order(index) for index in range(2 * ORDERS)]
        http = _measure(pid, lambda: _over_http(port, bodies[:ORDERS]))
        ws = _measure(pid, lambda: _over_socket(port, bodies[ORDERS:]))
    alone = _recoveries_per_second(bodies[:500])
    return {
        "orders": ORDERS,
        "http_per_s": http[0],
        "http_per_cpu_s": http[1],
        "ws_post_per_s": ws[0],
        "ws_post_per_cpu_s": ws[1],
        "recoveries_per_s": alone,
        "ratio": round(http[1] / alone, 2),
    }


def fanout() -> dict[str, object]:
    """Prices set one after the other, as fast as a hundred sockets in another process take what they cause;
    beside it, writing and sending the same text to the same number of bare sockets."""
    return asyncio.run(_fanout())


def memory() -> dict[str, object]:
    """Resident memory before and after orders of one account, half of them traded, half cancelled."""
    with _venue() as (pid, port):
        before = _resident(pid)
        bodies = (body for index in range(MANY_ORDERS // BATCH) for body in _batch(index))
        began = time.perf_counter()
        asyncio.run(_over_http(port, bodies))
        seconds = time.perf_counter() - began
        after = _resident(pid)
    return {
        "orders": MANY_ORDERS,
        "seconds": round(seconds, 1),
        "before_mb": before,
        "after_mb": after,
        "ratio": round(after / before, 2),
    }


@contextmanager
def _venue() -> Iterator[tuple[int, int]]:
    command = [
        sys.executable,
        "-m",
        "hypertui",
        "venue",
        "--port",
        "0",
        "--until-eof",
        "--rate-limits",
        "off",
    ]
    command += ["--faucet", "100000000", "--manual"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        listening = json.loads(process.stdout.readline())["listening"]
        yield process.pid, int(listening.rpartition(":")[2])
        process.stdin.close()


def _signed(action: dict[str, Any], nonce: int) -> dict[str, Any]:
    signature = sign_l1_action(KEY, action, None, nonce, None, False)
    return {"action": action, "nonce": nonce, "signature": signature, "vaultAddress": None}


_nonce = int(time.time() * 1000)


def _next_nonce() -> int:
    global _nonce
    _nonce += 1
    return _nonce


def _wire(is_buy: bool, price: str, tif: str, size: str = "0.1") -> dict[str, Any]:
    return {"a": 2, "b": is_buy, "p": price, "s": size, "r": False, "t": {"limit": {"tif": tif}}}


def _order(index: int) -> dict[str, Any]:
    wire = _wire(index % 2 == 0, "160" if index % 2 == 0 else "140", "Ioc")
    return _signed({"type": "order", "orders": [wire], "grouping": "na"}, _next_nonce())


def _batch(index: int) -> Iterator[dict[str, Any]]:
    """A batch of orders, half of which rest, and the cancels of those."""
    traded = [_wire(side, "160" if side else "140", "Ioc") for side in (True, False)] * (BATCH // 4)
    cloids = [f"0x{index * BATCH + number:032x}" for number in range(BATCH // 2)]
    resting = [_wire(True, "100", "Gtc", "0.2") | {"c": cloid} for cloid in cloids]
    yield _signed({"type": "order", "orders": traded + resting, "grouping": "na"}, _next_nonce())
    cancels = [{"asset": 2, "cloid": cloid} for cloid in cloids]
    yield _signed({"type": "cancelByCloid", "cancels": cancels}, _next_nonce())


def _measure(pid: int, work: Callable[[], Awaitable[int]]) -> tuple[int, int]:
    """Orders a second, and a second of the venue's processor time."""

    async def timed() -> int:
        return await work()

    cpu, began = _cpu_seconds(pid), time.perf_counter()
    done = asyncio.run(timed())
    return round(done / (time.perf_counter() - began)), round(done / (_cpu_seconds(pid) - cpu))


async def _over_http(port: int, bodies: Any) -> int:
    """Keep so many connections busy; every order has to be accepted."""
    source = iter(bodies)
    done = 0

    async def one() -> None:
        nonlocal done
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for body in source:
            text = json.dumps(body).encode()
            head = f"POST /exchange HTTP/1.1\r\nHost: x\r\nContent-Length: {len(text)}\r\n\r\n".encode()
            writer.write(head + text)
            answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(answer.partition("content-length:")[2].partition("\r\n")[0])
            _check(await reader.readexactly(length))
            done += 1
        writer.close()

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    return done


async def _over_socket(port: int, bodies: list[dict[str, Any]]) -> int:
    async with connect(f"ws://127.0.0.1:{port}/ws", compression=None, max_size=None) as client:
        room = asyncio.Semaphore(IN_FLIGHT)

        async def send() -> None:
            for number, body in enumerate(bodies):
                await room.acquire()
                request = {"type": "action", "payload": body}
                await client.send(json.dumps({"method": "post", "id": number, "request": request}))

        sending = asyncio.create_task(send())
        for _ in bodies:
            _check(await client.recv(decode=False))
            room.release()
        await sending
    return len(bodies)


def _check(answer: bytes) -> None:
    if b'"error"' in answer or b'"err"' in answer or b"statuses" not in answer:
        raise RuntimeError(f"an order was refused: {answer[:300]!r}")


def _recoveries_per_second(bodies: list[dict[str, Any]]) -> int:
    began = time.process_time()
    for body in bodies:
        signature = body["signature"]
        marks = (signature["v"], int(signature["r"], 16), int(signature["s"], 16))
        recover_l1(action_hash(body["action"], body["nonce"], None, None), marks)
    return round(len(bodies) / (time.process_time() - began))


async def _fanout() -> dict[str, object]:
    from decimal import Decimal

    from hypertui.venue.model.options import VenueOptions
    from hypertui.venue.server import VenueServer

    server = VenueServer(VenueOptions(rate_limits="off", manual=True))
    port = await server.start(0)
    listener = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.venue", str(port), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert listener.stdout is not None
    assert listener.stdin is not None
    try:
        await listener.stdout.readline()
        loop = asyncio.get_running_loop()
        began, cpu, ticks = loop.time(), time.process_time(), 0
        while loop.time() - began < FANOUT_SECONDS:
            ticks += 1
            server.core.set_price("BTC", Decimal(64_000 + ticks % 1_000))
            await server.sockets.drained()
        seconds, cpu_seconds = loop.time() - began, time.process_time() - cpu
        listener.stdin.close()
        messages = int(await listener.stdout.readline())
    finally:
        await listener.wait()
        await server.close()
    bare = await _bare_sends_per_second()
    per_cpu = round(messages / cpu_seconds)
    return {
        "sockets": SOCKETS,
        "ticks": ticks,
        "messages_per_s": round(messages / seconds),
        "messages_per_cpu_s": per_cpu,
        "bare_sends_per_s": bare,
        "ratio": round(per_cpu / bare, 2),
    }


async def _bare_sends_per_second() -> int:
    import socket

    text = b"x" * 250
    one, other = socket.socketpair()
    other.setblocking(False)
    count, began = 50_000, time.process_time()
    for _ in range(count):
        one.send(text)
        other.recv(4_096)
    seconds = time.process_time() - began
    one.close()
    other.close()
    return round(count / seconds)


def _listen(port: int) -> None:
    """A process of its own: a hundred sockets that read, and count what comes until standard input ends."""
    import selectors
    import socket

    wanted = [{"type": "allMids"}]
    wanted += [{"type": kind, "coin": "BTC"} for kind in ("activeAssetCtx", "bbo", "trades")]
    selector = selectors.DefaultSelector()
    for _ in range(SOCKETS):
        raw = socket.create_connection(("127.0.0.1", port))
        key = base64.b64encode(os.urandom(16)).decode()
        raw.sendall(
            f"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += raw.recv(1)
        for subscription in wanted:
            payload = json.dumps({"method": "subscribe", "subscription": subscription}).encode()
            raw.sendall(bytes((0x81, 0x80 | len(payload))) + b"\0\0\0\0" + payload)
        answer = b""
        # Acknowledgements, and a first message of all but the trades, of which there are none yet.
        while answer.count(b'{"channel"') < 2 * len(wanted) - 1:
            answer += raw.recv(65_536)
        selector.register(raw, selectors.EVENT_READ)
    print("ready", flush=True)
    selector.register(sys.stdin, selectors.EVENT_READ)
    messages, ended = 0, False
    while True:
        ready = selector.select(0.5 if ended else None)
        if not ready:
            break
        for key_, _ in ready:
            if isinstance(key_.fileobj, socket.socket):
                messages += key_.fileobj.recv(1 << 20).count(b'{"channel"')
            else:
                selector.unregister(sys.stdin)
                ended = True
    print(messages, flush=True)


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND


def _resident(pid: int) -> int:
    """Megabytes."""
    line = next(each for each in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmRSS" in each)
    return round(int(line.split()[1]) / 1024)


if __name__ == "__main__":
    _listen(int(sys.argv[1]))
