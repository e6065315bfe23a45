"""What can go wrong between the engine and the exchange, as typed errors."""

from __future__ import annotations


class ExchangeError(Exception):
    """Base of what can go wrong between the engine and the venue; the text is fit for an operator."""


class Rejected(ExchangeError):
    """The venue understood the whole action and refused it; nothing of it took effect."""


class NotAuthorized(Rejected):
    """The venue does not know the key that signed as one that may act for the account."""


class Halted(Rejected):
    """The venue takes no orders in this market, for now or for ever."""


class Unknown(ExchangeError):
    """The action was sent and no usable answer came: it may or may not have taken effect."""


class RateLimited(ExchangeError):
    """The venue asks for less; nothing took effect. `retry_after` is in seconds. `actions_only`: questions
    are still answered."""

    def __init__(self, text: str, retry_after: float, *, actions_only: bool = False) -> None:
        super().__init__(text)
        self.retry_after = retry_after
        self.actions_only = actions_only


class Unreachable(ExchangeError):
    """The request never reached the venue; nothing took effect."""
