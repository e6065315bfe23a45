"""What a request weighs against the allowance of a network address. Hyperliquid docs, rate limits."""

from __future__ import annotations

from typing import Any

LIGHT = 2
USUAL = 20
HEAVY = 60
LIGHT_QUESTIONS = frozenset(
    {
        "l2Book",
        "allMids",
        "clearinghouseState",
        "orderStatus",
        "spotClearinghouseState",
        "exchangeStatus",
    }
)
HEAVY_QUESTIONS = frozenset({"userRole"})
# How many of an answer's items cost one more.
ITEMS_PER_WEIGHT = {
    "recentTrades": 20,
    "historicalOrders": 20,
    "userFills": 20,
    "userFillsByTime": 20,
    "fundingHistory": 20,
    "userFunding": 20,
    "userNonFundingLedgerUpdates": 20,
    "userTwapSliceFills": 20,
    "candleSnapshot": 60,
}
ORDERS_PER_WEIGHT = 40
_BATCHES = ("orders", "cancels", "modifies")


def question_weight(body: object) -> int:
    """What a question costs, whatever the answer. One that is not understood is a usual one."""
    kind = kind_of(body)
    if kind in LIGHT_QUESTIONS:
        return LIGHT
    return HEAVY if kind in HEAVY_QUESTIONS else USUAL


def answer_weight(body: object, answer: Any) -> int:
    """What the answer costs on top of its question."""
    per_weight = ITEMS_PER_WEIGHT.get(kind_of(body))
    if per_weight is None or not isinstance(answer, list):
        return 0
    return len(answer) // per_weight


def action_weight(body: object) -> int:
    """What a signed request costs, by the length of its batch."""
    action = body.get("action") if isinstance(body, dict) else None
    return 1 + batch_length(action) // ORDERS_PER_WEIGHT


def batch_length(action: object) -> int:
    """How many orders, cancels or modifications an action holds; 1 for one that is none of these."""
    if isinstance(action, dict):
        for name in _BATCHES:
            if isinstance(action.get(name), list):
                return max(len(action[name]), 1)
    return 1


def kind_of(body: object) -> str:
    """The type of a question, or of a signed request's action; empty where it has none."""
    if not isinstance(body, dict):
        return ""
    action = body.get("action")
    kind = action.get("type") if isinstance(action, dict) else body.get("type")
    return kind if isinstance(kind, str) else ""
