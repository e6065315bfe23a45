"""The sign of life: given by the loop that trades, and nothing to that loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from hypertui.notices.heartbeat import Heartbeat, HeartbeatFigure, refuse_address
from tests.notices.parts import NOON, Hands, receiving

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def answering(answer: Answer) -> AsyncIterator[str]:
    """An address on loopback that answers so."""
    app = web.Application()
    app.router.add_get("/{any:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/s3cret"
    finally:
        await runner.cleanup()


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop go on until this holds."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what is waited for is a count of turns
            await asyncio.sleep(0)


@asynccontextmanager
async def beating(heart: Heartbeat) -> AsyncIterator[None]:
    task = asyncio.create_task(heart.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()


def test_it_is_given_again_and_again_and_counted() -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=200 if len(asked) != 2 else 500)

    async def run() -> None:
        clock = Hands(NOON)
        async with answering(answer) as url:
            heart = Heartbeat(url, 0.01, clock)
            assert (heart.figure, heart.figure.age(NOON)) == (HeartbeatFigure(), None)
            async with beating(heart):
                await until(lambda: heart.figure.given == 1)
                assert heart.figure == HeartbeatFigure(1, 1, NOON, "")
                assert heart.figure.age(NOON + 5) == 5
                clock.now += 1
                await until(lambda: heart.figure.given == 2)
                assert heart.figure == HeartbeatFigure(2, 1, NOON, "answered 500")
                await until(lambda: heart.figure.given == 3)
                assert heart.figure == HeartbeatFigure(3, 2, NOON + 1, "")
        assert asked[0] == "/s3cret"

    asyncio.run(run())


def test_an_address_that_hangs_holds_up_nothing_on_the_loop() -> None:
    async def run() -> list[str]:
        asked, order = asyncio.Event(), []

        async def hang(request: web.Request) -> web.Response:
            asked.set()
            order.append("asked")
            await asyncio.Event().wait()
            raise AssertionError

        async with answering(hang) as url:
            heart = Heartbeat(url, 60, Hands(NOON), timeout=0.2)
            async with beating(heart):
                await asked.wait()
                turns = 0
                while not heart.figure.given:  # each turn of the loop is taken while it hangs
                    await asyncio.sleep(0)
                    turns += 1
                order.append("given up")
            assert turns > 100
            assert heart.figure == HeartbeatFigure(1, 0, None, "no answer in time")
        return order

    assert asyncio.run(run()) == ["asked", "given up"]


def test_it_ends_where_the_loop_stalls() -> None:
    async def run() -> None:
        with receiving() as elsewhere:
            heart = Heartbeat(elsewhere.url.replace("json", "http"), 0.001, Hands(NOON))
            async with beating(heart):
                await until(lambda: heart.figure.arrived == 2)
                before = elsewhere.gets
                stalled = threading.Event()
                stalled.wait(0.2)  # of the loop's own thread: none of its turns is taken
                assert elsewhere.gets <= before + 1, "none but what was on its way"
                await until(lambda: heart.figure.arrived == 4)

    asyncio.run(run())


def test_it_follows_nobody_elsewhere() -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        raise web.HTTPFound("/elsewhere")

    async def run() -> None:
        async with answering(answer) as url:
            heart = Heartbeat(url, 60, Hands(NOON))
            async with beating(heart):
                await until(lambda: heart.figure.given == 1)
            assert heart.figure.trouble == "answered 302"

    asyncio.run(run())
    assert asked == ["/s3cret"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/s3cret", "https://[::1]:1/s3cret", "http://[s3cret/"])
def test_what_fails_is_named_without_the_address(url: str) -> None:
    async def run() -> None:
        heart = Heartbeat(url, 60, Hands(NOON))
        async with beating(heart):
            await until(lambda: heart.figure.given == 1)
        assert heart.figure.trouble
        assert "s3cret" not in repr(heart.figure)

    asyncio.run(run())


@pytest.mark.parametrize(
    "url",
    ["https://hc.example/s3cret", "http://127.0.0.1/x", "http://[::1]:80/x", "http://localhost:8/x", "http://127.9.9.9/"],
)  # fmt: skip
def test_an_address_that_is_taken(url: str) -> None:
    refuse_address(url)


@pytest.mark.parametrize(
    ("url", "why"),
    [("http://s3cret.example/", "neither https"), ("http://192.168.1.1/s3cret", "neither https"),
     ("ftp://127.0.0.1/s3cret", "neither https"), ("s3cret", "no address"), ("https://", "no address"),
     ("https://h:s3cret/", "no address"), ("https://h/a s3cret", "no address"),
     ("https://[s3cret/", "no address"), ("", "no address")],
)  # fmt: skip
def test_an_address_that_is_refused(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as refused:
        refuse_address(url)
    assert "s3cret" not in str(refused.value)
