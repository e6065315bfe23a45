"""Which exchange is talked to. REST and WebSocket addresses come from one URL, so they cannot disagree."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import SplitResult, urlsplit

from hyperliquid.utils.constants import MAINNET_API_URL, TESTNET_API_URL


class Kind(StrEnum):
    PAPER = "paper"
    TESTNET = "testnet"
    MAINNET = "mainnet"


_OFFICIAL = {Kind.MAINNET: MAINNET_API_URL, Kind.TESTNET: TESTNET_API_URL}
_LOOPBACK_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback")
_LONGEST_HOST, _LONGEST_LABEL = 253, 63  # characters, by RFC 1035
_OFFICIAL_DOMAINS = ("hyperliquid.xyz", "hyperliquid-testnet.xyz")


def _is_host(name: str) -> bool:
    """Whether there can be a host of this name."""
    return 0 < len(name) <= _LONGEST_HOST and all(len(part) <= _LONGEST_LABEL for part in name.split("."))


def _check_port(parts: SplitResult) -> None:
    """Raises ValueError for a port that there is not."""
    try:
        usable = parts.port is None or parts.port > 0
    except ValueError:  # not a number, or beyond the last one
        usable = False
    if not usable:
        port = parts.netloc.rpartition(":")[2]
        raise ValueError(f"the address of an exchange has port {port}, which is not from 1 to 65535")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One exchange. A trailing slash of `base_url` is dropped.

    Raises ValueError for a URL that is not http(s)://host[:port], for testnet and mainnet under any URL but
    their own, and for paper trading at an official host: real money is never a matter of a mistyped URL.
    """

    kind: Kind
    base_url: str

    def __post_init__(self) -> None:
        url = self.base_url.rstrip("/")
        parts = urlsplit(url)
        name = parts.hostname or ""
        if parts.scheme not in ("http", "https") or not _is_host(name):
            raise ValueError(f"not the address of an exchange: {self.base_url!r}")
        if parts.username or parts.password or parts.path or parts.query or parts.fragment:
            raise ValueError(f"the address of an exchange is only http(s)://host[:port]: {parts.hostname!r}")
        _check_port(parts)
        official = _OFFICIAL.get(self.kind)
        if official is not None and url != official:
            raise ValueError(f"{self.kind} is at {official}, not at {url}")
        host = name.rstrip(".")
        if official is None and any(host == name or host.endswith("." + name) for name in _OFFICIAL_DOMAINS):
            raise ValueError(f"paper trading is never done at {host}")
        object.__setattr__(self, "base_url", f"{parts.scheme}://{parts.netloc.lower()}")

    @property
    def ws_url(self) -> str:
        """The WebSocket address that belongs to `base_url`."""
        return "ws" + self.base_url.removeprefix("http") + "/ws"

    @property
    def is_loopback(self) -> bool:
        """Whether the exchange runs on this machine, where no proxy has a say; however that is spelled."""
        host = (urlsplit(self.base_url).hostname or "").rstrip(".")
        if host in _LOOPBACK_NAMES or host.endswith(".localhost"):
            return True
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            try:
                address = ipaddress.ip_address(socket.inet_aton(host))  # 127.1, 0x7f000001
            except OSError:
                return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return address.is_loopback or address.is_unspecified  # 0.0.0.0 connects to this machine as well


MAINNET = Endpoint(Kind.MAINNET, MAINNET_API_URL)
TESTNET = Endpoint(Kind.TESTNET, TESTNET_API_URL)


def paper(base_url: str) -> Endpoint:
    """The local venue at `base_url`; raises ValueError as Network does."""
    return Endpoint(Kind.PAPER, base_url)
