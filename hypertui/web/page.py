"""The page and its socket: each page that is opened has a console of its own, in a terminal that it draws.

Whoever knows the address may look: it holds a token that nobody guesses, and everything beside it is not
there. Only this machine is listened to, a page of another site cannot open the socket, and nothing is fetched
from anywhere else. The terminal in the browser is that of textual-serve, whose protocol is spoken here: JSON
lists of a kind and its data from the page, bytes to it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from html import escape
from importlib.resources import as_file, files
from string import Template

from aiohttp import WSMsgType, web

from hypertui.web.pseudo_terminal import PseudoTerminal

HOST = "127.0.0.1"
MOST_PAGES = 4
_NAMES = (HOST, "localhost")
_LONGEST = 65_536  # bytes of a message from a page: what is pasted into it
_HEARTBEAT = 15.0
_FULL = 1013  # "try again later" (IANA, WebSocket close codes)

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ConsolePage:
    """`command` shows, with `env`, a console in the terminal it is run in; `title` names the page; `token` is
    the secret part of its address, at `port`."""

    def __init__(
        self, command: Sequence[str], env: Mapping[str, str], title: str, token: str, port: int
    ) -> None:
        self._command = command
        self._env = {**env, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self._title = title
        self._token = token
        self._open: set[web.WebSocketResponse] = set()
        self.url = f"http://{HOST}:{port}/{token}/"

    def app(self) -> web.Application:
        """What answers requests."""
        app = web.Application(middlewares=[self._guard])
        with as_file(files("textual_serve") / "static") as static:
            app.add_routes(
                [
                    web.get(f"/{self._token}/", self._page),
                    web.get(f"/{self._token}/socket", self._socket),
                    web.static(f"/{self._token}/static", static),
                ]
            )
        app.on_shutdown.append(self._close)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Only for who asked for this machine by its own name: others' names may lead here too. The port may
        be another one, at the far end of a tunnel."""
        if request.host.partition(":")[0] not in _NAMES:
            raise web.HTTPForbidden(text="not a name of this machine")
        response = await handler(request)
        if not response.prepared:
            response.headers.update(_HEADERS)
            response.headers["Content-Security-Policy"] = f"{_POLICY}; connect-src ws://{request.host}"
        return response

    async def _page(self, request: web.Request) -> web.Response:
        page = Template((files("hypertui.web") / "page.html").read_text(encoding="utf-8"))
        socket = f"ws://{request.host}/{self._token}/socket"
        text = page.substitute(title=escape(self._title), socket=socket, most=MOST_PAGES)
        return web.Response(text=text, content_type="text/html")

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Origin") != f"http://{request.host}":
            raise web.HTTPForbidden(text="not a page of this server")
        websocket = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=_LONGEST)
        await websocket.prepare(request)
        if len(self._open) >= MOST_PAGES:
            await websocket.close(code=_FULL, message=f"{MOST_PAGES} pages are open".encode())
            return websocket
        await self._show(websocket, _number(request, "width", 80), _number(request, "height", 24))
        return websocket

    async def _show(self, websocket: web.WebSocketResponse, columns: int, rows: int) -> None:
        terminal = PseudoTerminal.started(self._command, columns, rows, self._env)
        self._open.add(websocket)
        shown = asyncio.ensure_future(_send(terminal, websocket))
        try:
            async for message in websocket:
                if message.type is WSMsgType.TEXT:
                    answer = _take(terminal, message.data)
                    if answer is not None:
                        await websocket.send_json(answer)
        finally:
            self._open.discard(websocket)  # whoever reloads the page is not in its own way
            shown.cancel()
            await asyncio.shield(_ended(shown, terminal))

    async def _close(self, app: web.Application) -> None:
        for websocket in list(self._open):
            await websocket.close()


async def _send(terminal: PseudoTerminal, websocket: web.WebSocketResponse) -> None:
    """What the console prints, to the page; a console that has left closes it."""
    async for read in terminal.output():
        await websocket.send_bytes(read)
    await websocket.close()


async def _ended(shown: asyncio.Future[None], terminal: PseudoTerminal) -> None:
    await asyncio.gather(shown, return_exceptions=True)
    await terminal.ended()


def _take(terminal: PseudoTerminal, data: str) -> list[object] | None:
    """Do what the page says; returns what is to be answered. What nobody understands is left out."""
    try:
        said = json.loads(data)
    except ValueError:
        return None
    match said:
        case ["stdin", str(keys)]:
            terminal.type(keys)
        case ["resize", {"width": int(columns), "height": int(rows)}]:
            terminal.resize(columns, rows)
        case ["ping", number]:
            return ["pong", number]
    return None


def _number(request: web.Request, name: str, otherwise: int) -> int:
    said = request.query.get(name, "")
    return int(said) if said.isdecimal() and len(said) < 6 else otherwise


_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; "
    "img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
