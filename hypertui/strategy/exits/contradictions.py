"""Exits that cannot be meant beside each other, or beside what else is set of a trade, one line each."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from hypertui.core.market import ONE, ZERO, Instrument
from hypertui.core.phrases import at_price
from hypertui.strategy.exits.rules import TAKER_FEE, ExitRules, percent

# Those that act at a loss or gain, and on which side of the entry that is.
_SIDES = {"hard_stop": -1, "soft_stop": -1, "take_profit": 1}


def contradictions(rules: ExitRules, step: Decimal | None, taker_fee: Decimal = TAKER_FEE) -> Iterator[str]:
    """Those that are so at any price. `step` is how far apart the strategy's own orders are, as a fraction of
    the entry price, None where that is not known yet; `taker_fee` is a fraction of a trade's value.

    An exit within one step and the fees of both ways would end the trade before its strategy has done
    anything.
    """
    yield from rules.contradictions()
    if step is None:
        return
    nearest = step + 2 * taker_fee
    for name in _SIDES:
        distance = _set(rules, name)
        within_fees = name != "take_profit" and distance is not None and distance <= 2 * TAKER_FEE
        if distance is not None and distance <= nearest and not within_fees:  # those are named above
            yield (
                f"{name} {percent(distance)} is not beyond {percent(_short(nearest))}, a unit of "
                f"{percent(_short(step))} and the fees of buying and selling"
            )


def contradictions_at(
    rules: ExitRules, entry: Decimal, instrument: Instrument, taker_fee: Decimal, liquidation: Decimal | None
) -> Iterator[str]:
    """Those that show at the prices (USD) at which the rules act just after an entry at `entry`. The exchange
    would liquidate at `liquidation`, None for nowhere: a trade that has lost so much has no margin left,
    whether or not it still holds the coins."""
    seen: dict[Decimal, str] = {}
    for name, side in _SIDES.items():
        distance = _set(rules, name)
        if distance is None:
            continue
        price = instrument.round_price(_acts_at(side * distance, entry, taker_fee), ROUND_CEILING)
        if (twin := seen.setdefault(price, name)) != name:
            yield f"{twin} and {name} both act at {at_price(price)}: one of them never would"
        if side < 0 and liquidation is not None and price <= liquidation:
            at = instrument.round_price(liquidation)
            yield (
                f"{name} {percent(distance)} acts at {at_price(price)}, not above the liquidation near "
                f"{at_price(at)}: it would come too late"
            )


def beyond_own_margin(
    rules: ExitRules, leverage: int, instrument: Instrument, taker_fee: Decimal = TAKER_FEE
) -> Iterator[str]:
    """Losses that a position is liquidated before, where nothing but its own margin backs it: what can be
    said without an account.

    With an initial margin of 1/L of the position's value and a maintenance margin of m of it, half the
    initial one at the market's highest leverage, a fall of x leaves 1/L − f − x of margin, and that is
    m·(1 − x) at x = (1/L − f − m)/(1 − m). A loss of d after both fees f is a fall of
    x = 1 − (1 + f − d)/(1 − f).
    https://hyperliquid.gitbook.io/hyperliquid-docs/trading/liquidations
    """
    kept = ONE / (2 * instrument.max_leverage)
    liquidated = max((ONE / leverage - taker_fee - kept) / (ONE - kept), ZERO)
    for name, side in _SIDES.items():
        distance = _set(rules, name)
        if distance is None or side > 0:
            continue
        fall = ONE - _acts_at(-distance, ONE, taker_fee)
        if fall < liquidated:
            continue
        highest = int(ONE / (fall * (ONE - kept) + kept + taker_fee))
        fits = f"; leverage {highest} would do" if highest else ""
        yield (
            f"{name} {percent(distance)} is beyond the liquidation: at leverage {leverage} the margin of the "
            f"position is gone after a fall of {percent(_short(liquidated, ROUND_FLOOR))}{fits}"
        )


def _set(rules: ExitRules, name: str) -> Decimal | None:
    value: Decimal | None = getattr(rules, name)
    return value


def _acts_at(net: Decimal, entry: Decimal, fee: Decimal) -> Decimal:
    """The price at which a position bought at `entry` has gained `net`, a fraction of that, when both
    fees are paid: p·(1 − f) = E·(1 + f + net)."""
    return entry * (ONE + fee + net) / (ONE - fee)


def _short(fraction: Decimal, rounding: str = ROUND_CEILING) -> Decimal:
    """To a ten-thousandth of a percent, for a line of words."""
    return fraction.quantize(Decimal("0.000001"), rounding)
