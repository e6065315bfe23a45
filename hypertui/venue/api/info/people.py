"""Who a question is about, and which part of a list it asks for."""

from __future__ import annotations

from collections.abc import Callable

from hypertui.venue.accounts.accounts import Account
from hypertui.venue.core import Core
from hypertui.venue.model.log import HistoryLog
from hypertui.venue.model.messages import address, integer
from hypertui.venue.model.orders import Json


class People:
    """Finds accounts; `asked_about` hears of every address that a question names."""

    def __init__(self, core: Core, asked_about: Callable[[str], None]) -> None:
        self._core = core
        self._asked_about = asked_about

    def asked(self, body: Json) -> Account:
        """The account of the question's user; an empty one for a user whom nobody knows."""
        return self.find(address(body, "user"))

    def find(self, user: str) -> Account:
        """The account of an address; an empty one for one that nobody knows."""
        self._asked_about(user)
        account = self._core.account(user)
        return Account(user) if account is None else account


def rows_between(log: HistoryLog, body: Json, now: int, page: int, *, start_given: bool = True) -> list[Json]:
    """The first `page` rows within the question's bounds in ms, both included, oldest first; with `reversed`
    the last ones, newest first. Raises MalformedError without a start where one has to be given."""
    start = 0 if not start_given and body.get("startTime") is None else integer(body, "startTime")
    end = now if body.get("endTime") is None else integer(body, "endTime")
    return log.between(start, end, page, newest=body.get("reversed") is True)
