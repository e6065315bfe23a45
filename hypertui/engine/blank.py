"""A snapshot of what was asked for, before anything else is known."""

from __future__ import annotations

from hypertui.core.market import KNOWN_INSTRUMENTS, Instrument
from hypertui.execution.trade_config import TradeConfig
from hypertui.port.snapshot import Mode, Snapshot


def blank(config: TradeConfig, now: int) -> Snapshot:
    """The snapshot of an engine that starts at `now` (ms) and knows nothing but what it was asked to
    trade."""
    return Snapshot(
        seq=0,
        at=now,
        started_at=now,
        name=config.title,
        network=config.network,
        account="",
        instrument=KNOWN_INSTRUMENTS.get(config.symbol, Instrument(config.symbol, 5, 1)),
        leverage=config.leverage,
        unit_size=config.strategy.stop_distance,
        mode=Mode.STARTING,
        strategy=config.strategy.strategy,
        blind_after=config.stale_after,
    )
