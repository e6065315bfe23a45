"""What an action becomes once its shape is known to be right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hypertui.venue.accounts.accounts import Account
from hypertui.venue.core import Core
from hypertui.venue.model.orders import Json


@dataclass(frozen=True, slots=True)
class Action:
    """`form` is the action as the exchange itself would write it, which is what has to be signed: its own
    order of fields, amounts without trailing zeros, nothing that it does not know.

    `run` carries it out for a stored account and returns the answer; it raises ActionError. `weight` is how
    many orders or cancels it holds.
    """

    form: Json
    run: Callable[[Account], Json]
    weight: int = 1


# Reads an action; raises MalformedError for one that does not have the shape of what it says it is.
Parser = Callable[[Core, Json], Action]


def done() -> Json:
    """The answer of an action that has nothing to tell."""
    return {"status": "ok", "response": {"type": "default"}}


def ordered(item: Json, *names: str) -> Json:
    """Those of the fields that are there and not null, in this order."""
    return {name: item[name] for name in names if item.get(name) is not None}
