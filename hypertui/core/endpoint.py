"""Where something listens: a host and a port, as somebody writes them."""

from __future__ import annotations

from typing import NamedTuple

_HIGHEST_PORT = 65_535
_LONGEST_HOST = 253


class ListenAddress(NamedTuple):
    """An address to listen on. Port 0 is any that is free."""

    host: str
    port: int

    def __str__(self) -> str:
        """As it is written; an address of IPv6 in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def endpoint(text: str, host: str, port: int) -> ListenAddress:
    """What HOST:PORT says; `host` and `port` are meant where it leaves them out. Raises ValueError with what
    is wrong with it."""
    if text.startswith("["):
        named, closed, rest = text[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")):
            raise ValueError("is not [HOST]:PORT")
        said = rest[1:]
    else:
        named, _, said = text.partition(":")
    if ":" in said or len(named) > _LONGEST_HOST or any(c.isspace() or not c.isprintable() for c in named):
        raise ValueError("is not HOST:PORT")
    try:
        named.encode("idna")
    except UnicodeError:
        raise ValueError("is not HOST:PORT") from None
    if said and not (said.isascii() and said.isdecimal() and len(said) <= 5 and int(said) <= _HIGHEST_PORT):
        raise ValueError(f"has no port from 0 to {_HIGHEST_PORT}")
    return ListenAddress(named or host, int(said) if said else port)
