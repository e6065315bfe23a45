"""Answers to questions: everything that POST /info can say. Nothing here changes anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypertui.venue.api.info.account import AccountInfo
from hypertui.venue.api.info.fees import FeeInfo
from hypertui.venue.api.info.fills import FillInfo, aggregate
from hypertui.venue.api.info.market import MarketInfo, book_precision
from hypertui.venue.api.info.orders import OrderInfo
from hypertui.venue.api.info.people import People
from hypertui.venue.api.info.reference import ReferenceInfo
from hypertui.venue.api.info.web import WebInfo
from hypertui.venue.core import Core
from hypertui.venue.model.messages import MalformedError, text
from hypertui.venue.model.orders import Json

__all__ = ["Info", "aggregate", "book_precision"]


class Info:
    """Questions by their type. `asked_about` hears of every address that a question names.

    What feeds tell as well can be asked of the parts: `market`, `account`, `orders`, `fills_of`.
    """

    def __init__(self, core: Core, asked_about: Callable[[str], None]) -> None:
        people = People(core, asked_about)
        self.reference = ReferenceInfo(core)
        self.market = MarketInfo(core)
        self.account = AccountInfo(core, people)
        self.orders = OrderInfo(people)
        self.fills_of = FillInfo(core, people)
        # The parts that the feeds ask for again and again, under their own names.
        self.all_mids = self.market.all_mids
        self.asset_context = self.market.asset_context
        self.l2_book = self.market.l2_book
        self.bbo = self.market.bbo
        self.clearinghouse = self.account.clearinghouse
        self.fills = self.fills_of.latest
        fees = FeeInfo(core, people)
        self.web = WebInfo(core, people, self.reference, self.market, self.account, self.orders)
        self._answers: dict[str, Callable[[Json], Any]] = {
            **self.reference.answers,
            **self.market.answers,
            **self.account.answers,
            **self.orders.answers,
            **self.fills_of.answers,
            **fees.answers,
            **self.web.answers,
        }

    def answer(self, body: object) -> Any:
        """The answer to a question, ready for JSON; raises MalformedError for one that is not understood."""
        if not isinstance(body, dict):
            raise MalformedError("not an object")
        question = self._answers.get(text(body, "type"))
        if question is None:
            raise MalformedError(f"unknown question {body['type']!r}")
        # A deployment of perpetuals by its name: only the first one, which has none, exists here.
        if body.get("dex"):
            raise MalformedError(f"no such dex: {body['dex']!r}")
        return question(body)
