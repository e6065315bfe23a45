"""What every way into the venue has in common: the weight of a request, and the faults that answer for it."""

from __future__ import annotations

from typing import Any

from hypertui.venue.api.gateway import Gateway
from hypertui.venue.api.info import Info
from hypertui.venue.api.refusals import RequestFaults
from hypertui.venue.api.throttle import ThrottledAddress
from hypertui.venue.api.weights import action_weight, answer_weight, question_weight
from hypertui.venue.core import Core
from hypertui.venue.faults.faults import Faults


class Doors:
    """Questions and signed requests of a peer, over HTTP or a socket."""

    def __init__(self, core: Core, info: Info, gateway: Gateway, faults: Faults) -> None:
        self._core = core
        self._info = info
        self._gateway = gateway
        self._refusals = RequestFaults(core, faults)

    def ask(self, body: object, peer: ThrottledAddress) -> Any:
        """The answer to a question. Raises MalformedError, ThrottledError."""
        peer.ask(question_weight(body), self._core.now)
        answer = self._info.answer(body)
        peer.pay(answer_weight(body, answer), self._core.now)
        return self._refusals.answered(body, answer)

    def act(self, body: object, peer: ThrottledAddress) -> Any:
        """The answer to a signed request. Raises MalformedError, ThrottledError."""
        peer.ask(action_weight(body), self._core.now)
        refusal = self._refusals.refusal(body)
        return self._gateway.submit(body) if refusal is None else refusal
