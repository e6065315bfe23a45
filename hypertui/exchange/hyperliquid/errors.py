"""What went wrong, as a type. The only place that reads the venue's error texts and the SDK's exceptions."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hyperliquid.utils.error import ClientError, ServerError

from hypertui.core.redaction import printable
from hypertui.exchange.hyperliquid.session import NoAnswer, NoConnection
from hypertui.exchange.protocol import (
    ExchangeError,
    Halted,
    NotAuthorized,
    RateLimited,
    Refusal,
    Refused,
    Rejected,
    Unknown,
    Unreachable,
)

RETRY_AFTER_WEIGHT = 10.0  # seconds; the weight per minute refills by a sixth in that time
RETRY_AFTER_BUDGET = 10.0  # seconds; an account without budget gets one action in that time

# Nobody waits longer because a header says so: by then a sixth of the weight is back in any case.
_LONGEST_RETRY_AFTER = 10.0
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?", re.ASCII)

# In this order: the first that occurs in the venue's words decides.
_REFUSALS = (
    ("reduce only order would increase position", Refusal.FLAT),
    ("invalid tp/sl price", Refusal.PASSED),
    ("only post-only orders", Refusal.POST_ONLY),
    ("post only order would have immediately matched", Refusal.WOULD_MATCH),
    ("minimum value", Refusal.MINIMUM),
    ("could not immediately match", Refusal.NO_MATCH),
    ("no liquidity available", Refusal.NO_MATCH),
    ("margin", Refusal.MARGIN),
)

# What the venue says to a signature of a key that may not act (any more).
_NOBODY = ("user or api wallet", "must deposit before performing actions")


def brief(text: object) -> str:
    """`text` as it may be shown: on one line, not too long, and nothing that a terminal would obey."""
    try:
        return printable(str(text))
    except RecursionError:
        return "something nested too deeply"


def refused(text: str) -> Refused:
    """The refusal of one order that the venue explains with `text`."""
    words = text.lower()
    kind = next((kind for part, kind in _REFUSALS if part in words), Refusal.OTHER)
    return Refused(kind, brief(text))


def whole_action(text: str) -> ExchangeError:
    """The refusal of a whole action that the venue explains with `text`."""
    if "too many cumulative requests" in text.lower():
        return RateLimited(brief(text), RETRY_AFTER_BUDGET, actions_only=True)
    if "duplicate nonce" in text.lower():
        # The venue has taken an action with this nonce: this one, carried twice on the way, or one that
        # another program has signed with the same key. Which of the two, the orders themselves tell.
        return Unknown(brief(text))
    if any(part in text.lower() for part in _NOBODY):
        return NotAuthorized(brief(text))
    if "trading is halted" in text.lower():
        return Halted(brief(text))
    return Rejected(brief(text))


def accepted(answer: object) -> object:
    """The response in the answer to an action that the venue carried out; raises what it says otherwise."""
    if isinstance(answer, dict) and "response" in answer:
        if answer.get("status") == "ok":
            return answer["response"]
        # Whatever else stands there says nothing about what became of the action.
        if answer.get("status") == "err" and isinstance(answer["response"], str):
            raise whole_action(answer["response"])
    raise Unknown(f"the exchange's answer is not understood: {brief(answer)}")


def no_answer(reason: object, *, is_action: bool) -> ExchangeError:
    """The error for an answer that cannot be used: an action may have taken effect, a question never has."""
    return Unknown(brief(reason)) if is_action else Unreachable(brief(reason))


def transport(error: Exception, *, is_action: bool) -> ExchangeError:
    """The error for what was raised instead of an answer, by design or by accident."""
    if isinstance(error, NoConnection):
        return Unreachable(f"no connection to the exchange: {brief(error)}")
    if isinstance(error, NoAnswer):
        return no_answer(error, is_action=is_action)
    if isinstance(error, ClientError):
        return _client_error(error, is_action=is_action)
    if isinstance(error, ServerError):
        text = f"the exchange failed with HTTP {error.status_code}: {error.message}"
        return no_answer(text, is_action=is_action)
    return no_answer(f"not an answer of the exchange: {type(error).__name__}", is_action=is_action)


def _client_error(error: ClientError, *, is_action: bool) -> ExchangeError:
    if error.status_code == 429:
        return RateLimited("the exchange asks for fewer requests (HTTP 429)", _retry_after(error))
    text = f"the exchange refused the request with HTTP {error.status_code}: {error.error_message}"
    if error.status_code == 408:  # the server gave up waiting, which says nothing of what it had read
        return no_answer(text, is_action=is_action)
    return Rejected(brief(text))


def _retry_after(error: ClientError) -> float:
    """Seconds to wait; the SDK keeps the headers in either of two places. What is no number of seconds, as
    a date is none, asks for what is usual."""
    for place in (error.header, error.error_data):
        if isinstance(place, Mapping):
            text = str(place.get("Retry-After", "")).strip()
            if _SECONDS.fullmatch(text):
                return min(float(text), _LONGEST_RETRY_AFTER)
    return RETRY_AFTER_WEIGHT
