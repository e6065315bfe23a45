"""What has come to an end since the last look at an engine: a trade, or a stay of one that waits for its next
entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.market import ZERO
from hypertui.core.phrases import lasting, usd
from hypertui.port.engine import EngineView
from hypertui.port.snapshot import Severity, Snapshot

_LOSSES = ("hard stop", "soft stop")


@dataclass(frozen=True, slots=True)
class TradeEnd:
    """Of a trade, in words; `key` says what has ended."""

    trade: str
    key: str
    severity: Severity
    text: str


@dataclass(frozen=True, slots=True)
class _LastLook:
    """What a trade was at a look: whether there was one, or had been before it began anew, with what `net`
    result (USD); how often all was sold, and what sales for each reason have brought (USD)."""

    was_open: bool
    net: Decimal
    is_over: bool
    waits: bool
    stays: int
    made: Mapping[str, Decimal]


def is_loss(exit_rule: str) -> bool:
    """Whether an end by this exit (in words) is more than a matter of course."""
    return exit_rule in _LOSSES


def how_bad(trade: Snapshot) -> Severity:
    """What its end is."""
    return Severity.WARNING if is_loss(trade.ends_by) else Severity.INFO


class EndWatch:
    """Compares each view with the one before it. The first look tells of nothing that was so before, but of
    trades that are over."""

    def __init__(self) -> None:
        self._before: dict[str, _LastLook] = {}

    def look(self, view: EngineView) -> list[TradeEnd]:
        """What has ended since the last look. A trade that is alone ends with its engine, which tells of it
        itself."""
        several, found = len(view.trades) > 1, []
        for trade in view.trades:
            before = self._before.get(trade.name)
            now = _seen(trade, before)
            self._before[trade.name] = now
            if several and now.is_over and not (before is not None and before.is_over):
                found.append(_over(trade))
            if before is not None:
                found += _stay_ended(trade, before, now)
                found += _waits_again(trade, before, now)
        return found


def _seen(trade: Snapshot, before: _LastLook | None) -> _LastLook:
    stays = 0 if trade.bracket is None else trade.bracket.stays
    was_open, net = trade.is_open, trade.net_pnl
    if before is not None and before.was_open and not before.waits and not was_open:
        was_open, net = True, before.net  # it begins anew
    return _LastLook(was_open, net, trade.over, trade.waits, stays, dict(trade.result.reasons))


def _over(trade: Snapshot) -> TradeEnd:
    return TradeEnd(trade.name, "over", how_bad(trade), trade.reason or trade.mode.value)


def _stay_ended(trade: Snapshot, before: _LastLook, now: _LastLook) -> Iterator[TradeEnd]:
    """A bracket has sold all, and goes on."""
    bracket = trade.bracket
    if bracket is None or not trade.outlives_exits or now.stays <= before.stays or not before.was_open:
        return
    changed = {
        why: made - before.made.get(why, ZERO)
        for why, made in now.made.items()
        if made != before.made.get(why, ZERO)
    }
    why = f" by the {' and the '.join(changed)}" if changed else ""
    text = f"all is sold{why}, realised {_signed(sum(changed.values(), ZERO))} USD"
    left = 0 if bracket.cools_until is None else bracket.cools_until - trade.at
    cools = f"cools down for {lasting(-(-left // 1_000))}, then " if left > 0 else ""
    grade = Severity.WARNING if any(map(is_loss, changed)) else Severity.INFO
    yield TradeEnd(trade.name, "sold", grade, f"{text}; it {cools}waits for its next entry")


def _waits_again(trade: Snapshot, before: _LastLook, now: _LastLook) -> Iterator[TradeEnd]:
    """A trade that begins by a signal has ended, and waits for the next one."""
    if now.waits and before.was_open and not before.waits:
        text = f"the trade is over, result {_signed(before.net)} USD; it waits for the next signal"
        yield TradeEnd(trade.name, "over", Severity.INFO, text)


def _signed(amount: Decimal) -> str:
    return f"{'+' if amount > 0 else ''}{usd(amount)}"
