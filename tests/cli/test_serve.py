"""`hypertui serve`: who may see the page, what its socket does, and the page in a real browser."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from hypertui.server.client import engines
from hypertui.web.page import MOST_PAGES
from tests.cli.operating import DEADLINE, SOL, Engine, command, sides, trades, wait_for
from tests.support.local_venue import LocalVenue
from tests.support.prefork import Process, run_to_end
from tests.support.terminal import plain

_NO_BROWSER = shutil.which("chromedriver") is None or shutil.which("chromium") is None


@pytest.fixture
def engine(home: dict[str, str], tmp_path: Path, venue: LocalVenue) -> Iterator[None]:
    with Engine(home, tmp_path, venue, *SOL):
        wait_for(lambda: trades(home) and sides(venue) == "SSSS", "the trade")
        yield


@contextmanager
def served(home: dict[str, str], tmp_path: Path, *arguments: str) -> Iterator[str]:
    """The address of the page."""
    with (tmp_path / "address").open("w+") as out:
        page = Process(
            command("serve", "--port", "0", *arguments), env=home, cwd=tmp_path, stdout=out, stderr=out
        )
        try:
            wait_for(lambda: "http://" in (tmp_path / "address").read_text(), "the address")
            yield (tmp_path / "address").read_text().split()[-1]
        finally:
            page.send_signal(signal.SIGTERM)
            assert page.wait(DEADLINE) == 0


def status_of(url: str, **headers: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=DEADLINE) as got:
            return int(got.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def mode(home: dict[str, str]) -> str:
    (found,) = engines(Path(home["XDG_STATE_HOME"]) / "hypertui" / "paper")
    with found:
        return found.status()[0].first.mode.value  # type: ignore[union-attr]


async def _watch(url: str, keys: str, until: str, ready: str) -> str:
    """What a page shows after these keys, typed once it is `ready`, until it has shown some word."""
    place = url.split("/")[2]
    origin = {"Origin": f"http://{place}"}
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{url}socket?width=120&height=40", headers=origin) as socket,
    ):
        await socket.send_json(["resize", {"width": 100, "height": 45}])
        await socket.send_str("no JSON")
        await socket.send_json(["unheard of", 1])
        shown = ""
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                assert message.json() == ["pong", 7]
                return shown
            shown += plain(message.data)
            if keys and ready in shown:
                await socket.send_json(["stdin", keys])
                keys = ""
            if not keys and re.search(until, shown):
                await socket.send_json(["ping", 7])
        raise AssertionError(f"the page was closed: {shown[-500:]}")


async def _crowd(url: str) -> int | None:
    """The code by which one page too many is closed; whoever leaves makes room for another."""
    origin = {"Origin": "/".join(url.split("/")[:3])}
    async with aiohttp.ClientSession() as session:
        pages = [await session.ws_connect(f"{url}socket", headers=origin) for _ in range(MOST_PAGES)]
        for page in pages:
            assert (await page.receive()).type is aiohttp.WSMsgType.BINARY
        beyond = await session.ws_connect(f"{url}socket", headers=origin)
        await beyond.receive()
        await pages.pop().close()
        async with session.ws_connect(f"{url}socket", headers=origin) as again:
            assert (await again.receive()).type is aiohttp.WSMsgType.BINARY
        return beyond.close_code


def watched(url: str, ready: str, keys: str, until: str) -> str:
    return asyncio.run(asyncio.wait_for(_watch(url, keys, until, ready), DEADLINE))


def test_only_who_has_the_address_looks_and_commands_only_with_write(
    home: dict[str, str], tmp_path: Path, venue: LocalVenue, engine: None
) -> None:
    with served(home, tmp_path) as url:
        place = "/".join(url.split("/")[:3])
        with urllib.request.urlopen(url, timeout=DEADLINE) as got:
            page, headers = got.read().decode(), got.headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store" and headers["Referrer-Policy"] == "no-referrer"
        assert "https://" not in page, "nothing comes from elsewhere"
        assert status_of(f"{url}static/js/textual.js") == 200
        for nobody in (place, f"{place}/socket", f"{place}/{'x' * 43}/", f"{url}static/", f"{url}../"):
            assert status_of(nobody) in (403, 404), nobody
        assert status_of(url, Host="rebound.example") == 403
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        upgrade["Sec-WebSocket-Key"] = "AAAAAAAAAAAAAAAAAAAAAA=="
        assert status_of(f"{url}socket", **upgrade) == 403
        assert status_of(f"{url}socket", **upgrade, Origin="http://elsewhere.example") == 403
        assert "SOL" in watched(url, "nobody writes", "2", "ORDERS  4")
        watched(url, "nobody writes", "p", "attached to read only")
        assert mode(home) == "running"
        assert asyncio.run(asyncio.wait_for(_crowd(url), DEADLINE)) == 1013
    with served(home, tmp_path, "--write") as url:
        watched(url, "you write", "p", "PAUSED")
        assert mode(home) == "paused"


def test_it_says_what_is_missing(home: dict[str, str], tmp_path: Path) -> None:
    for arguments, status, words in (
        (("--port", "0"), 4, "no engine of this description runs here"),
        (("--port", "eighty"), 2, "--port eighty is not a port: a number from 0 to 65535"),
    ):
        ended = run_to_end(command("serve", *arguments), capture_output=True, env=home, cwd=tmp_path)
        assert (ended.returncode, words in ended.stderr) == (status, True), ended.stderr


@pytest.mark.skipif(_NO_BROWSER, reason="there is no Chromium with its driver on this machine")
def test_a_browser_draws_it_and_types(
    home: dict[str, str], tmp_path: Path, venue: LocalVenue, engine: None
) -> None:
    with served(home, tmp_path, "--write") as url, Browser(tmp_path) as browser:
        browser.go(url)
        wait_for(lambda: "-first-byte" in browser.script("return document.body.className"), "the console")

        def paused() -> bool:
            browser.type("p")  # a console that is not connected yet takes no command
            return mode(home) == "paused"

        wait_for(paused, "the pause")
        severe = [line["message"] for line in browser.log() if line["level"] == "SEVERE"]
        assert not severe


class Browser:
    """Chromium without a window, by the protocol of its driver (W3C WebDriver)."""

    def __init__(self, folder: Path) -> None:
        self._said = folder / "driver"
        self._session = ""

    def __enter__(self) -> Browser:
        try:
            return self._begun()
        except BaseException:
            self._driver.terminate()
            self._driver.wait(DEADLINE)
            raise

    def _begun(self) -> Browser:
        with self._said.open("w") as out:
            self._driver = subprocess.Popen(
                ["chromedriver", "--port=0"], stdout=out, stderr=subprocess.STDOUT
            )

        wait_for(lambda: self._port() is not None, "the driver")
        found = self._port()
        assert found is not None
        self._place = f"http://127.0.0.1:{found[1]}"
        arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
        arguments += ["--disable-background-networking", "--disable-component-update", "--disable-quic"]
        options = {"args": arguments, "binary": shutil.which("chromium")}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        answer = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self._session = f"/session/{answer['sessionId']}"
        return self

    def __exit__(self, *exception: object) -> None:
        if self._session:
            self._call("DELETE", self._session)
        self._driver.terminate()
        self._driver.wait(DEADLINE)

    def _port(self) -> re.Match[str] | None:
        return re.search(r"on port (\d+)\.", self._said.read_text())

    def go(self, url: str) -> None:
        self._call("POST", f"{self._session}/url", {"url": url})

    def script(self, text: str) -> Any:
        return self._call("POST", f"{self._session}/execute/sync", {"script": text, "args": []})

    def type(self, key: str) -> None:
        pressed = [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
        actions = [{"type": "key", "id": "keys", "actions": pressed}]
        self.script("document.querySelector('textarea').focus()")
        self._call("POST", f"{self._session}/actions", {"actions": actions})

    def log(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._call("POST", f"{self._session}/se/log", {"type": "browser"})
        return found

    def _call(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self._place}{path}", data, method=method)
        with urllib.request.urlopen(request, timeout=DEADLINE) as got:
            return json.load(got)["value"]
