"""HTTP with a deadline, a size limit and no redirects: what `requests` alone does not promise.

The time-outs of `requests` hold for each wait for data, so an answer that trickles never ends; it follows
redirects, and it takes whatever comes into memory, unpacked. Here a request is over within its `timeout`, an
answer is of a bounded size, and the one address that was asked is the one that answers.
"""

from __future__ import annotations

import http.client
import io
import socket
import threading
import time
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError

LARGEST_ANSWER = 8 * 2**20  # bytes, unpacked; a page of 2000 fills is about one million
_PART = 2**16


class NoAnswer(requests.RequestException):
    """What came is not to be used as an answer; the text says why."""


class HttpSession(requests.Session):
    """The connections to the venue, for questions and actions from any thread.

    What all requests to an address have in common is worked out once: headers, proxies, certificates. Proxies
    are the environment's if it is trusted. Cookies are not sent back: the API has no use for them.
    """

    def __init__(self, *, trust_env: bool) -> None:
        super().__init__()
        self.trust_env = trust_env
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter())
        self._common: dict[str, tuple[requests.PreparedRequest, dict[str, Any]]] = {}

    def post(self, url: Any, data: Any = None, json: Any = None, **kwargs: Any) -> requests.Response:
        """The whole answer, within `timeout` seconds from now, which has to be given. Raises a
        `requests.RequestException`; NoAnswer for a redirect and for what is larger than LARGEST_ANSWER."""
        if url not in self._common:
            bare = self.prepare_request(requests.Request("POST", url))
            settings = self.merge_environment_settings(url, {}, True, None, None)
            self._common[url] = bare, dict(settings)
        bare, settings = self._common[url]
        timeout: float = kwargs["timeout"]
        request = bare.copy()
        request.prepare_body(data, None, json)
        _due.at = time.monotonic() + timeout
        # Past `requests.Session.send`, which looks into every redirect, whether it is to be followed or not.
        response = self.get_adapter(url).send(request, timeout=timeout, **settings)
        return _received(response)


def _received(response: requests.Response) -> requests.Response:
    """The response with all that belongs to it."""
    try:
        body = _body(response)
    except (HTTPError, http.client.HTTPException, TimeoutError) as error:
        response.close()
        late = time.monotonic() >= _due.at
        raise (requests.ReadTimeout if late else requests.ConnectionError)(error) from error
    except BaseException:
        response.close()
        raise
    response.raw = body
    response.encoding = "utf-8"  # JSON; to guess at one takes seconds for a large answer
    return response


def _body(response: requests.Response) -> io.BytesIO:
    if 300 <= response.status_code < 400:
        text = f"the exchange answered with a redirect (HTTP {response.status_code})"
        raise NoAnswer(f"{text}, which is not followed")
    body = io.BytesIO()
    for part in response.raw.stream(_PART, decode_content=True):
        body.write(part)
        if body.tell() > LARGEST_ANSWER:
            raise NoAnswer(f"the exchange's answer is larger than {LARGEST_ANSWER >> 20} MiB")
    body.seek(0)
    return body


class _Due(threading.local):
    """Until when (by the monotonic clock, s) the request of this thread has to be over."""

    at = float("inf")

    @property
    def left(self) -> float:
        """Seconds left. Raises TimeoutError when there are none."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left


_due = _Due()


class _Timed(io.RawIOBase):
    """What a socket receives: each wait for more is one for the rest of the request's time."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        self._sock = sock
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(_due.left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_Timed(sock, self.fp.detach()))


class _InTime:
    """A connection on which nothing is sent, and nothing waited for, once the request's time is up."""

    response_class: Any = _TimedResponse

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]  # a connection of urllib3 comes next
        try:
            _ = _due.left
        except TimeoutError as error:
            self.close()  # type: ignore[attr-defined]
            raise ConnectTimeoutError(self, "no connection in time") from error


class _Http(_InTime, HTTPConnection):
    pass


class _Https(_InTime, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
        return manager
