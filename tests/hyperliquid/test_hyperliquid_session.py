"""What all requests have in common is worked out once, and is what `requests` would have sent each time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from hypertui.exchange.hyperliquid.session import HttpSession
from tests.hyperliquid.conftest import Scripted

QUESTIONS = [
    {"type": "metaAndAssetCtxs"},
    {"type": "userRole", "user": "0x" + "a" * 400},
    {"type": "metaAndAssetCtxs"},
]


@pytest.fixture
def session() -> Iterator[HttpSession]:
    with HttpSession(trust_env=False) as session:
        session.headers["Content-Type"] = "application/json"
        yield session


def test_each_request_is_the_one_that_requests_would_make(scripted: Scripted, session: HttpSession) -> None:
    url = f"{scripted.url}/info"
    for question in QUESTIONS:
        answer = session.post(url, json=question, timeout=5)
        wanted = requests.Session.post(session, url, json=question, timeout=5)
        assert answer.json() == wanted.json()
        assert answer.request.headers == wanted.request.headers
        assert answer.request.body == wanted.request.body
    assert [body for _, body in scripted.requests] == [each for each in QUESTIONS for _ in range(2)]


@pytest.mark.parametrize("trusted", [True, False])
def test_proxies_come_from_the_environment_where_that_is_trusted(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", scripted.url)
    address = "http://127.0.0.2:9/info"  # where nobody listens
    with HttpSession(trust_env=trusted) as session:
        if trusted:
            for question in QUESTIONS:
                session.post(address, json=question, timeout=5)
            assert scripted.requests == [(address, question) for question in QUESTIONS]
        else:
            with pytest.raises(requests.ConnectionError):
                session.post(address, json=QUESTIONS[0], timeout=5)
            assert scripted.requests == []
