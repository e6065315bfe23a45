"""HOST:PORT as people write it."""

from __future__ import annotations

import pytest

from hypertui.core.endpoint import ListenAddress, endpoint


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("127.0.0.1:9464", "127.0.0.1:9464"),
        (":9000", "127.0.0.1:9000"),
        ("", "127.0.0.1:9464"),
        (":", "127.0.0.1:9464"),
        ("0.0.0.0", "0.0.0.0:9464"),
        ("localhost:0", "localhost:0"),
        ("[::1]:80", "[::1]:80"),
        ("[::]", "[::]:9464"),
        ("host:65535", "host:65535"),
    ],
)
def test_what_is_left_out_is_meant(text: str, meant: str) -> None:
    found = endpoint(text, "127.0.0.1", 9464)
    assert str(found) == meant
    assert endpoint(str(found), "x", 1) == found == ListenAddress(*found)


@pytest.mark.parametrize(
    "text",
    ["host:65536", "host:-1", "host:x", "a:b:c", "::1",
     "[::1", "[::1]9464", "a b:1", "host:١", ":9" * 9, "a\n:1"],
)  # fmt: skip
def test_what_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(is not|has no port)"):
        endpoint(text, "127.0.0.1", 9464)
