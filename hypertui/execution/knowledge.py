"""The exchange's own account state, and the moment up to which everything has been heard."""

from __future__ import annotations

from decimal import Decimal

from hypertui.core.market import ZERO, Fill
from hypertui.exchange.protocol import AccountState


class Knowledge:
    """The account as the exchange told of it last, the position it holds since, and how far all of it has
    been heard. Times are ms; those of fills and of the account are the exchange's, the others ours."""

    def __init__(self) -> None:
        self.account: AccountState | None = None
        self.account_at: int | None = None  # when the account was asked for
        self._known_at: int | None = None
        self._heard: dict[tuple[int, int, int], Fill] = {}  # what may not be in the account's answer

    @property
    def known_at(self) -> int | None:
        """The moment up to which all that happened to orders and position has been heard. None before that,
        and before the exchange has said what it holds: what others have traded meanwhile is not booked."""
        return None if self.account is None else self._known_at

    @property
    def position(self) -> Decimal | None:
        """Coins that the exchange holds for the account, negative for a short position: what it said last,
        and every fill that it has told of since, whoever made it. None before the first answer."""
        if self.account is None:
            return None
        held, at = self.account.position, self.account.time
        ties = {fill.start_position: fill for fill in self._heard.values() if fill.time == at}
        while (fill := ties.pop(held, None)) is not None:
            held += fill.size * fill.side.sign  # made in the answer's millisecond, and after it
        later = (fill.size * fill.side.sign for fill in self._heard.values() if fill.time > at)
        return held + sum(later, ZERO)

    def on_account(self, account: AccountState, asked_at: int) -> None:
        """An answer about the account; one that was overtaken by a newer one says nothing."""
        if self.account is not None and account.time < self.account.time:
            return
        self.account, self.account_at = account, asked_at
        self._heard = {key: fill for key, fill in self._heard.items() if fill.time >= account.time}

    def on_fill(self, fill: Fill) -> None:
        """A fill of the account in this market, of an own order or not; those that the account's answer has
        in it already change nothing. Of one in the very millisecond of the answer the position that it began
        with tells."""
        if self.account is None or fill.time >= self.account.time:
            self._heard[fill.key] = fill

    def heard_until(self, moment: int) -> None:
        """All that happened up to `moment` has been heard."""
        self._known_at = max(moment, self._known_at or 0)
