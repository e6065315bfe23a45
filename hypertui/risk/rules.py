"""What is set of each guard, and what cannot be meant."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.market import ONE, ZERO, plain
from hypertui.core.phrases import counted, usd
from hypertui.risk.guards import Guard, GuardAction


@dataclass(frozen=True, slots=True)
class GuardRules:
    """The limits; None and 0 where a guard is not wanted. Fractions, but `daily_loss_usd` and `max_position`
    in USD, `max_leverage` as times of the equity, `losing_cycles` and `whipsaw` as counts, `liquidation` as
    units between the last stop and the liquidation price, `balance` as times of what an entry needs,
    `frozen_price` in ms, `funding` an hour. Where `account_only_warns`, the guards on the account's result
    do, as on a paper market."""

    daily_loss: Decimal | None = None
    daily_loss_usd: Decimal | None = None
    drawdown_warn: Decimal | None = None
    drawdown: Decimal | None = None
    drawdown_action: GuardAction = GuardAction.HOLD
    losing_cycles: int = 0
    losing_cycles_action: GuardAction = GuardAction.HOLD
    max_position: Decimal | None = None
    max_leverage: Decimal | None = None
    margin_used: Decimal | None = None
    liquidation: Decimal | None = None
    balance: Decimal | None = None
    price_jump: Decimal | None = None
    frozen_price: int = 0
    mark_gap: Decimal | None = None
    funding: Decimal | None = None
    fee_drag: Decimal | None = None
    whipsaw: int = 0
    account_only_warns: bool = False

    @property
    def wanted(self) -> tuple[Guard, ...]:
        """Those that are, in their order."""
        return tuple(guard for guard in Guard if self._limits(guard))

    def action(self, guard: Guard) -> GuardAction:
        """What one does at its limit."""
        if guard.is_of_account and self.account_only_warns:
            return GuardAction.WARN
        match guard:
            case Guard.DRAWDOWN:
                return self.drawdown_action if self.drawdown else GuardAction.WARN
            case Guard.LOSING_CYCLES:
                return self.losing_cycles_action
            case Guard.MARGIN_USED | Guard.FUNDING | Guard.FEE_DRAG | Guard.WHIPSAW:
                return GuardAction.WARN
            case _:
                return GuardAction.HOLD

    def only_warns_here(self, guard: Guard) -> bool:
        """Whether one would do more elsewhere than on this market."""
        acts = guard is Guard.DAILY_LOSS or (guard is Guard.DRAWDOWN and self.drawdown is not None)
        return self.account_only_warns and acts

    def of_the_result(self) -> GuardRules:
        """Those alone that count what a trade makes, and how."""
        return GuardRules(
            daily_loss=self.daily_loss,
            daily_loss_usd=self.daily_loss_usd,
            drawdown_warn=self.drawdown_warn,
            drawdown=self.drawdown,
            drawdown_action=self.drawdown_action,
            losing_cycles=self.losing_cycles,
            losing_cycles_action=self.losing_cycles_action,
            fee_drag=self.fee_drag,
            whipsaw=self.whipsaw,
        )

    def in_words(self) -> str:
        """All that are wanted, with their limits."""
        return ", ".join(f"{guard.words} {self.limit(guard)}" for guard in self.wanted) or "none"

    def limit(self, guard: Guard) -> str:
        """What is set of one, in words."""
        match guard:
            case Guard.DAILY_LOSS if self.daily_loss_usd is not None:
                return f"{usd(self.daily_loss_usd)} USD"
            case Guard.MAX_POSITION:
                return f"{usd(self.max_position or ZERO)} USD"
            case Guard.FROZEN_PRICE:
                return f"{self.frozen_price / 1000:g} s"
            case Guard.LOSING_CYCLES:
                return str(self.losing_cycles)
            case Guard.WHIPSAW:
                return counted(self.whipsaw, "turn")
            case Guard.LIQUIDATION:
                return f"{plain(self.liquidation or ZERO)} {'unit' if self.liquidation == ONE else 'units'}"
            case Guard.MAX_LEVERAGE | Guard.BALANCE:
                return f"{plain(getattr(self, guard.value))} times"
            case Guard.DRAWDOWN:
                said = [each for each in (self.drawdown_warn, self.drawdown) if each is not None]
                return " and ".join(percent(each) for each in said)
            case _:
                return percent(getattr(self, guard.value))

    def contradiction(self, position_size: Decimal = ZERO) -> str:
        """What cannot be meant of a trade that begins with so much (USD), in one line; empty where all
        can."""
        if self.max_position is not None and position_size > self.max_position:
            said = (
                f"position_size {usd(position_size)} USD is above max_position {usd(self.max_position)} USD"
            )
            return f"{said}: its entry would be refused"
        if (
            self.drawdown is not None
            and self.drawdown_warn is not None
            and self.drawdown_warn >= self.drawdown
        ):
            return (
                f"drawdown_warn {percent(self.drawdown_warn)} is not below drawdown {percent(self.drawdown)}"
            )
        if self.drawdown is None and self.drawdown_action is not GuardAction.HOLD:
            return f"drawdown_action {self.drawdown_action} has no effect without drawdown"
        if self.balance is not None and self.balance < ONE:
            return f"balance {plain(self.balance)} is below 1, what an entry needs"
        return ""

    def _limits(self, guard: Guard) -> bool:
        match guard:
            case Guard.DAILY_LOSS:
                return self.daily_loss is not None or self.daily_loss_usd is not None
            case Guard.DRAWDOWN:
                return self.drawdown is not None or self.drawdown_warn is not None
            case _:
                return bool(getattr(self, guard.value))


def percent(fraction: Decimal) -> str:
    """A limit as a percentage, every digit of it: 5 %, 0.25 %."""
    return f"{(fraction * 100).normalize():f} %"
