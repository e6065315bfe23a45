"""What the plan says of a webhook."""

from __future__ import annotations

from dataclasses import dataclass

from hypertui.intents.gate import Alert, SourceRules
from hypertui.webhook.message import alert_of
from hypertui.webhook.origin import AddressRange


@dataclass(frozen=True, slots=True)
class HookSettings:
    """A webhook: its rules, the market of its trade, what its sender may call that, the
    addresses that it may come from (any, where there are none), the coins that nothing sells, and whether
    it may say a size."""

    rules: SourceRules
    symbol: str
    tickers: frozenset[str] = frozenset()
    allowed: tuple[AddressRange, ...] = ()
    hodl: tuple[str, ...] = ()
    sized: bool = False

    def alert(self, body: bytes) -> Alert:
        """What the body of a request wants. Raises Misunderstood."""
        source = self.rules.source
        return alert_of(body, source, self.symbol, self.tickers, self.hodl, sized=self.sized)
