"""HTTP on the engine's own event loop, with a deadline, a size limit and no redirects.

A request is over within its time, an answer is of a bounded size, the one address that was asked is the one
that answers, and nothing is sent twice. Where no answer comes, it is known whether anything can have left.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import requests
from aiohttp.abc import AbstractStreamWriter
from requests.utils import (
    DEFAULT_CA_BUNDLE_PATH,
    get_auth_from_url,
    prepend_scheme_if_needed,
    select_proxy,
    urldefragauth,
)

from hypertui.exchange.hyperliquid.resolver import Resolver

LARGEST_ANSWER = 8 * 2**20  # bytes, unpacked; a page of 2000 fills is about one million
# Seconds for which a connection waits for the next request: venues hang up after a minute or so, and one that
# is hung up while a request is on its way leaves that without an answer.
_KEPT_WARM = 15.0


class NoConnection(Exception):
    """Nothing of the request can have left; the text says why."""


class NoAnswer(Exception):
    """The request may have left, and what came is not to be used as an answer; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole answer to a request, with the names that the SDK reads it by."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")  # JSON; to guess at another encoding takes seconds


class HttpSession:
    """The connections to the venue at `base_url`, for questions and actions alike, on one event loop.

    Proxies and certificates are the environment's if that is trusted. Cookies are not sent back: the API has
    no use for them.
    """

    def __init__(self, base_url: str, *, trust_env: bool) -> None:
        self.base_url = base_url
        self._trust_env = trust_env
        self._client: aiohttp.ClientSession | None = None
        self._proxy: dict[str, Any] = {}

    async def post(self, path: str, body: bytes, within: float) -> Answer:
        """The whole answer to JSON in `body`, `within` so many seconds. Raises NoConnection or NoAnswer."""
        sending = Body(body)
        try:
            async with asyncio.timeout(within):
                client = self._client or self._connected()
                return await _received(
                    await client.post(
                        self.base_url + path, data=sending, allow_redirects=False, **self._proxy
                    )
                )
        except NoAnswer:
            raise
        except Exception as error:  # what others send must not look like a defect of ours
            is_late = isinstance(error, TimeoutError) and error.errno is None
            if not sending.begun:
                raise NoConnection("not made in time" if is_late else _said(error)) from error
            if is_late:
                raise NoAnswer("the exchange did not answer in time") from error
            raise NoAnswer(f"the connection broke: {_said(error)}") from error

    async def close(self) -> None:
        """Hang up."""
        if self._client is not None:
            await self._client.close()

    def _connected(self) -> aiohttp.ClientSession:
        """The client, made where it is used first: it belongs to that event loop."""
        with requests.Session() as environment:
            environment.trust_env = self._trust_env
            found = environment.merge_environment_settings(self.base_url, {}, None, None, None)
        headers: dict[str, str] = {}
        proxy = select_proxy(self.base_url, found["proxies"])
        if proxy is not None:
            self._proxy = _through(prepend_scheme_if_needed(proxy, "http"))
            if self.base_url.startswith("http:"):  # no tunnel: the proxy reads the request itself
                headers = self._proxy["proxy_headers"]
        self._client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0,
                keepalive_timeout=_KEPT_WARM,
                resolver=Resolver(),
                ssl=_verifying(found["verify"]) if self.base_url.startswith("https:") else True,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=headers,
            timeout=aiohttp.ClientTimeout(),  # none: the whole request has one
        )
        return self._client


class Body(aiohttp.BytesPayload):
    """What is sent. Headers wait for it: the venue can have heard nothing unless it has `begun`."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body, content_type="application/json")
        self.begun = False

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        self.begun = True
        await super().write_with_length(writer, content_length)


async def _received(response: aiohttp.ClientResponse) -> Answer:
    """The response with all that belongs to it; its connection is free for the next request then."""
    try:
        if 300 <= response.status < 400:
            text = f"the exchange answered with a redirect (HTTP {response.status})"
            raise NoAnswer(f"{text}, which is not followed")
        body = bytearray()
        async for part in response.content.iter_any():
            body += part
            if len(body) > LARGEST_ANSWER:
                raise NoAnswer(f"the exchange's answer is larger than {LARGEST_ANSWER >> 20} MiB")
    except BaseException:
        response.close()
        raise
    return Answer(response.status, response.headers, bytes(body))


def _through(proxy: str) -> dict[str, Any]:
    """How a request is sent by way of `proxy`, which is a URL that may hold a name and a password."""
    name, password = get_auth_from_url(proxy)
    headers = {"Proxy-Authorization": aiohttp.encode_basic_auth(name, password)} if name else {}
    return {"proxy": urldefragauth(proxy), "proxy_headers": headers}


def _verifying(bundle: object) -> ssl.SSLContext:
    """What proves who answers: the certificates in the file or folder at a path, else those of `requests`."""
    path = bundle if isinstance(bundle, str) else DEFAULT_CA_BUNDLE_PATH
    is_folder = Path(path).is_dir()
    context = ssl.create_default_context(
        cafile=None if is_folder else path, capath=path if is_folder else None
    )
    context.set_alpn_protocols(["http/1.1"])
    return context


def _said(error: BaseException) -> str:
    """The innermost reason, without the layers of the client around it."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    # The numbers of these two are not the system's.
    if isinstance(error, OSError) and error.errno and not isinstance(error, ssl.SSLError | socket.gaierror):
        return os.strerror(error.errno)
    return str(error) or type(error).__name__
