"""Orders: those that work, and what became of the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypertui.venue.accounts.accounts import Account
from hypertui.venue.api.info.people import People
from hypertui.venue.model.messages import order_key
from hypertui.venue.model.orders import Json, StatusEvent, basic, frontend, history_row


class OrderInfo:
    """Questions about orders."""

    def __init__(self, people: People) -> None:
        self._people = people
        self.answers: dict[str, Callable[[Json], Any]] = {
            "openOrders": self._open,
            "frontendOpenOrders": lambda body: self.working(people.asked(body)),
            "historicalOrders": lambda body: self.history(people.asked(body)),
            "orderStatus": self._status,
        }

    def working(self, account: Account) -> list[Json]:
        """An account's working orders in their long form, oldest first."""
        return [frontend(order) for order in account.open_orders.values()]

    def history(self, account: Account) -> list[Json]:
        """What became of an account's latest orders, one row for each status, newest first."""
        return [history_row(event) for event in reversed(account.history)]

    def _open(self, body: Json) -> list[Json]:
        return [basic(order) for order in self._people.asked(body).open_orders.values()]

    def _status(self, body: Json) -> Json:
        account = self._people.asked(body)
        order = account.find_order(order_key(body, "oid"))
        if order is None:
            return {"status": "unknownOid"}
        event = StatusEvent(order, order.status, order.remaining, order.status_time)
        return {"status": "order", "order": history_row(event)}
