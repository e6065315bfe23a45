"""What trading costs: the tiers by volume, and what an account has traded. Hyperliquid docs, fees."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from hypertui.core.market import ONE, ZERO
from hypertui.venue.model.messages import exact, integer, items
from hypertui.venue.model.options import VenueOptions
from hypertui.venue.model.orders import Json

DAY_MS = 86_400_000
WINDOW_DAYS = 14
KEPT_DAYS = 31
REFERRAL_DISCOUNT = Decimal("0.04")
REFERRAL_VOLUME = Decimal(25_000_000)
# From so many USD within 14 days on: taker, maker, spot taker, spot maker.
VIP = tuple(
    (Decimal(cutoff), Decimal(cross), Decimal(add), Decimal(spot_cross), Decimal(spot_add))
    for cutoff, cross, add, spot_cross, spot_add in (
        (5_000_000, "0.0004", "0.00012", "0.0006", "0.0003"),
        (25_000_000, "0.00035", "0.00008", "0.0005", "0.0002"),
        (100_000_000, "0.0003", "0.00004", "0.0004", "0.0001"),
        (500_000_000, "0.00028", "0", "0.00035", "0"),
        (2_000_000_000, "0.00026", "0", "0.0003", "0"),
        (7_000_000_000, "0.00024", "0", "0.00025", "0"),
    )
)
# From such a share of all makers' volume on: the maker's fee, which is a rebate. Shown, never granted here: a
# local venue's only maker would have it at once.
MAKER_REBATES = (("0.005", "-0.00001"), ("0.015", "-0.00002"), ("0.03", "-0.00003"))
SPOT_CROSS, SPOT_ADD = Decimal("0.0007"), Decimal("0.0004")


class Turnover:
    """What was traded on each day (UTC), in USD, as taker and as maker. A master and its sub-accounts share
    one."""

    def __init__(self) -> None:
        self._days: dict[int, tuple[Decimal, Decimal]] = {}
        self._window = (-1, ZERO)

    def add(self, time: int, value: Decimal, *, crossed: bool) -> None:
        """Count a fill at `time` (ms)."""
        day = time // DAY_MS
        taker, maker = self._days.get(day, (ZERO, ZERO))
        self._days[day] = (taker + value, maker) if crossed else (taker, maker + value)
        if len(self._days) > KEPT_DAYS:
            del self._days[min(self._days)]

    def window(self, time: int) -> Decimal:
        """The volume of the 14 days before the one of `time` (ms), on which the tier depends."""
        day = time // DAY_MS
        if self._window[0] != day:
            self._window = (day, self.between(day - WINDOW_DAYS, day - 1))
        return self._window[1]

    def between(self, first: int, last: int) -> Decimal:
        """The volume of several days, counted from the Unix epoch, both included."""
        return sum((sum(self.on(day), ZERO) for day in self._days if first <= day <= last), ZERO)

    def on(self, day: int) -> tuple[Decimal, Decimal]:
        """The volume of a day as taker and as maker."""
        return self._days.get(day, (ZERO, ZERO))

    def dump(self) -> list[Json]:
        """The days, oldest first, for JSON."""
        return [
            {"day": day, "taker": f"{taker:f}", "maker": f"{maker:f}"}
            for day, (taker, maker) in self._days.items()
        ]

    def restore(self, state: Mapping[str, object], key: str) -> None:
        """Count on from what `dump` made; raises MalformedError."""
        self._days = {
            integer(row, "day"): (exact(row, "taker"), exact(row, "maker")) for row in items(state, key)
        }


class FeeSchedule:
    """Fees as fractions of a trade's value."""

    def __init__(self, options: VenueOptions) -> None:
        self._base = (options.taker_fee, options.maker_fee, SPOT_CROSS, SPOT_ADD)

    def rates(self, turnover: Turnover, time: int) -> tuple[Decimal, Decimal, Decimal, Decimal]:
        """Taker, maker, spot taker and spot maker fee at `time` (ms) before any discount. A tier never costs
        more than the lowest one, whatever that is set to."""
        traded = turnover.window(time)
        if traded < VIP[0][0]:
            return self._base
        tier = next(each for each in reversed(VIP) if traded >= each[0])
        taker, maker, spot_taker, spot_maker = (min(a, b) for a, b in zip(self._base, tier[1:], strict=True))
        return taker, maker, spot_taker, spot_maker

    def rate(self, turnover: Turnover, time: int, discount: Decimal, *, crossed: bool) -> Decimal:
        """The fee of a perpetual's fill at `time` (ms), less a discount (a fraction of it)."""
        rates = self.rates(turnover, time)
        rate = rates[0] if crossed else rates[1]
        return rate * (ONE - discount) if discount and rate > 0 else rate
