"""Where a request comes from: the address of the connection, or what a trusted proxy says of it."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import TypeAlias

AddressRange: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_MOST_HOPS = 32


def address_range(text: str) -> AddressRange:
    """An address, or a range such as 10.0.0.0/8. Raises ValueError."""
    return ipaddress.ip_network(text.strip())


def origin(peer: str, forwarded: Sequence[str], trusted: Sequence[AddressRange]) -> str:
    """Who sent a request: `peer`, unless that is a trusted proxy; then the right-most address in its
    X-Forwarded-For headers that is not one. What stands further left, anybody may have written."""
    hops = [hop.strip() for header in forwarded for hop in header.split(",")][-_MOST_HOPS:]
    seen = peer
    while is_within(seen, trusted) and hops:
        nearer = hops.pop()
        if _parsed(nearer) is None:
            break  # whoever wrote that is no proxy to be trusted with the rest
        seen = nearer
    return seen


def is_within(address: str, ranges: Sequence[AddressRange]) -> bool:
    """Whether an address is in one of the ranges."""
    found = _parsed(address)
    return found is not None and any(found in each for each in ranges)


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None)
    return mapped or found
