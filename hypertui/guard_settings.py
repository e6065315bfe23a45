"""The section `[guards]`: the limits on the risk, as they are written."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from hypertui.risk.guards import GuardAction
from hypertui.risk.rules import GuardRules
from hypertui.setting_types import (
    Amount,
    Count,
    Limit,
    Money,
    Percent,
    SecondsOrNone,
    Section,
    amount_of_text,
    fraction_of,
    limit_of,
)


class GuardSettings(Section):
    """The limits of every trade (docs/guards.md); an empty text or 0 where one is not wanted. A `daily_loss`
    without % is in USD, and so is `max_position`; `max_leverage` is so many times the equity, `liquidation`
    in units, `balance` so many times what an entry needs, `frozen_price` in seconds, `funding` an hour."""

    daily_loss: Limit = "5%"
    drawdown_warn: Percent = "8%"
    drawdown: Percent = ""
    drawdown_action: Literal["hold", "sell-out", "flatten"] = "hold"
    losing_cycles: Count = 5
    max_position: Amount = ""
    max_leverage: Amount = ""
    margin_used: Percent = "80%"
    liquidation: Money = Field(1, validate_default=True)
    balance: Money = Field("1.1", validate_default=True)
    price_jump: Percent = "2%"
    frozen_price: SecondsOrNone = 60.0
    mark_gap: Percent = "0.5%"
    funding: Percent = "0.05%"
    fee_drag: Percent = "60%"
    whipsaw: Count = 6

    @field_validator(
        "daily_loss",
        "drawdown_warn",
        "drawdown",
        "max_position",
        "max_leverage",
        "margin_used",
        "price_jump",
        "mark_gap",
        "funding",
        "fee_drag",
        mode="before",
    )
    @classmethod
    def _off(cls, given: object) -> object:
        """A guard is switched off by 0 as by an empty text."""
        return "" if str(given).strip() in ("0", "0%", "0.0") else given

    def rules(self, *, own_market: bool, cycles_hold: bool = False) -> GuardRules:
        """What they come to. On the program's `own_market`, where no money is at stake, the guards on the
        account's result only warn. Too many cycles that lose hold a trade where `cycles_hold` says so: a
        ladder's may lose by design, and are a warning."""
        daily_loss, daily_loss_usd = limit_of(self.daily_loss)
        return GuardRules(
            daily_loss=daily_loss,
            daily_loss_usd=daily_loss_usd,
            drawdown_warn=fraction_of(self.drawdown_warn),
            drawdown=fraction_of(self.drawdown),
            drawdown_action=GuardAction(self.drawdown_action),
            losing_cycles=self.losing_cycles,
            losing_cycles_action=GuardAction.HOLD if cycles_hold else GuardAction.WARN,
            max_position=amount_of_text(self.max_position),
            max_leverage=amount_of_text(self.max_leverage),
            margin_used=fraction_of(self.margin_used),
            liquidation=self.liquidation or None,
            balance=self.balance or None,
            price_jump=fraction_of(self.price_jump),
            frozen_price=round(self.frozen_price * 1000),
            mark_gap=fraction_of(self.mark_gap),
            funding=fraction_of(self.funding),
            fee_drag=fraction_of(self.fee_drag),
            whipsaw=self.whipsaw,
            account_only_warns=own_market,
        )
