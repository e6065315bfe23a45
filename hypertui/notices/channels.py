"""The channels that notices leave by: a private file of their addresses, which hold secrets."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from hypertui.core.files import read_private
from hypertui.notices.conditions import reaches
from hypertui.port.snapshot import Severity

_MOST_BYTES = 100_000
_MOST = 20  # each has a thread of its own
_LINE = re.compile(
    r"(?:(?P<least>info|warning|critical)\s*:\s*)?(?P<url>(?P<scheme>[a-z][a-z0-9+.-]{0,31})://\S+)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Channel:
    """One of them, which takes what is `least` or above it. Its `name` is all that may be said of it."""

    name: str
    least: Severity
    url: str = field(repr=False)

    def takes(self, severity: Severity) -> bool:
        """Whether a notice of this severity goes there."""
        return reaches(severity, self.least)


def read_channels(path: Path) -> tuple[Channel, ...]:
    """The channels of a file: an address on each line, after `severity:` where only what is as bad as that
    goes there; empty lines and those that begin with # count for nothing. Raises ValueError in one line that
    repeats nothing of the file."""
    try:
        text = read_private(path, _MOST_BYTES)
    except OSError as error:
        raise ValueError(f"notices.urls_file {path} cannot be used: {error.strerror}") from None
    channels: list[Channel] = []
    for number, line in enumerate(map(str.strip, text.splitlines()), 1):
        if not line or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            raise ValueError(f"notices.urls_file {path}: line {number} is no address: [severity:] scheme://…")
        least = Severity((found["least"] or Severity.INFO.value).lower())
        channels.append(Channel(f"{found['scheme'].lower()} {len(channels) + 1}", least, found["url"]))
    if not channels:
        raise ValueError(f"notices.urls_file {path} has no address in it")
    if len(channels) > _MOST:
        raise ValueError(f"notices.urls_file {path} has {len(channels)} addresses, more than {_MOST}")
    return tuple(channels)
