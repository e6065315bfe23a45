"""What a trade sees and is not changed by: quiet prices and the account's states, thinned, for a replay."""

from __future__ import annotations

from dataclasses import replace

from hypertui.exchange.protocol import AccountState, Quote
from hypertui.execution.trade_journal import TradeJournal

_A_SECOND = 1_000
_KEPT_BACK = 5_000  # ms for which rows wait for those of something that happens
_AT_LEAST = 60_000  # ms between two rows of an account that does not change


class Observations:
    """Writes them to the journal, at most a price a second. No commit waits for them, and they wait for one:
    they go with the next rows of another kind, or by themselves after a few seconds. Times are ms."""

    def __init__(self, journal: TradeJournal) -> None:
        self._journal = journal
        self._quote: tuple[int, Quote] | None = None  # the newest, while its second is not over
        self._quoted_at: int | None = None
        self._quoted: Quote | None = None
        self._account: AccountState | None = None
        self._account_at = 0
        self._rows: list[tuple[int, Quote] | tuple[int, int, AccountState]] = []

    def quote(self, at: int, quote: Quote) -> None:
        """A price has come."""
        self._look_at_quote(at)
        self._quote = (at, quote)
        self._look_at_quote(at)

    def account(self, at: int, asked_at: int, account: AccountState) -> None:
        """The account was asked for at `asked_at`, and read."""
        known = self._account
        same = known is not None and _without_time(known) == _without_time(account)
        if not same or at - self._account_at >= _AT_LEAST:
            self._account, self._account_at = account, at
            self._rows.append((at, asked_at, account))

    def look(self, now: int) -> None:
        """Queue what should be written now, before a commit may begin."""
        self._look_at_quote(now)
        if self._rows and (self._journal.pending or now - self._rows[0][0] >= _KEPT_BACK):
            self._queue()

    def leave(self) -> None:
        """Queue all of it: the last commit comes."""
        if self._quote is not None:
            self._take_quote(*self._quote, self._quote[0])
        self._queue()

    def _look_at_quote(self, now: int) -> None:
        """Take the newest price: the first at once, another one when a second is over."""
        if self._quote is None:
            return
        if self._quoted_at is None or not 0 <= now - self._quoted_at < _A_SECOND:
            self._take_quote(*self._quote, now)

    def _take_quote(self, at: int, quote: Quote, now: int) -> None:
        self._quote = None
        if self._quoted is None or (quote.mark, quote.mid) != (self._quoted.mark, self._quoted.mid):
            self._quoted_at, self._quoted = now, quote
            self._rows.append((at, quote))

    def _queue(self) -> None:
        rows, self._rows = self._rows, []
        for row in rows:
            match row:
                case (at, quote):
                    self._journal.quote(at, quote)
                case (at, asked_at, account):
                    self._journal.account(at, asked_at, account)


def _without_time(account: AccountState) -> AccountState:
    """What a replay shows of it."""
    return replace(account, time=0)
