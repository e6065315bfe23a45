"""What a request to the exchange is for, in the order in which the request budget is spent."""

from __future__ import annotations

from enum import IntEnum


class Purpose(IntEnum):
    """What must not wait comes first. A question about an order ranks with that order. All but OPEN may only
    make a position smaller."""

    PROTECT = 0  # stops, the sale of coins whose stop the price has passed, closes
    CANCEL = 1
    REDUCE = 2  # exits with a gain
    OPEN = 3  # entries
    ASK = 4
    SHOW = 5  # questions that only the screens would like answered
