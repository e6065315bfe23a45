"""What a trade has made today, as far as this engine can tell."""

from __future__ import annotations

from decimal import Decimal

from hypertui.core.market import ZERO

_DAY = 86_400_000  # ms


class DayResult:
    """The net profit since midnight UTC; since the trade began where that was later, or since the engine was
    there to see it."""

    def __init__(self) -> None:
        self._since: int | None = None
        self._began_with = self._last = ZERO

    def look(self, net: Decimal, began_at: int, now: int) -> tuple[Decimal, int]:
        """The profit (USD) since the time (ms) beside it, where the net one of the whole trade, which began
        at `began_at`, is `net` at `now`. At midnight it was what the look before had found."""
        midnight = now // _DAY * _DAY
        if self._since is None:
            began_today = began_at >= midnight
            self._since, self._began_with = (began_at, ZERO) if began_today else (now, net)
        elif self._since < midnight:
            self._since, self._began_with = midnight, self._last
        self._last = net
        return net - self._began_with, self._since
