"""What the trades of one account share: its line to the exchange, the exchange's clock, its throttling."""

from __future__ import annotations

from hypertui.exchange.protocol import Exchange
from hypertui.runtime.clock_sync import ClockSync
from hypertui.runtime.request_budget import Throttle


class AccountContext:
    """One account at one venue."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.clock_sync = ClockSync()
        self.throttle = Throttle()
