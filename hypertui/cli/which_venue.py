"""The name of the venue that the settings mean: the same for all engines of this user that trade there."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from hypertui.port.snapshot import Network
from hypertui.settings import Settings


def venue_of(settings: Settings) -> str | None:
    """The venue's name among all that there are: on paper with its address. None for a paper market of one's
    own, which nobody else can reach."""
    if settings.network is not Network.PAPER:
        return settings.network.value
    if settings.base_url is None:
        return None
    from hypertui.exchange.hyperliquid import paper  # loaded by now: it has checked the address

    network = paper(settings.base_url)
    parts = urlsplit(network.base_url)
    host = "localhost" if network.is_loopback or _is_here(parts.hostname or "") else parts.hostname
    return f"paper at {host}:{parts.port or {'http': 80, 'https': 443}[parts.scheme]}"


def _is_here(name: str) -> bool:
    """Whether a name of the system's list of hosts, or of its resolver, is this machine's own."""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(name, None)}
    except (OSError, UnicodeError):
        return False
    return all(ipaddress.ip_address(address.partition("%")[0]).is_loopback for address in found)
