"""A client of the feeds without a socket."""

from __future__ import annotations

import json
from typing import Any

from hypertui.core.market import Side
from hypertui.venue.api.endpoints import Doors
from hypertui.venue.api.gateway import Gateway
from hypertui.venue.api.info import Info
from hypertui.venue.api.throttle import ThrottledAddress
from hypertui.venue.api.ws_sessions import Hub
from hypertui.venue.faults.faults import Faults
from hypertui.venue.model.orders import Tif
from tests.venue.helpers import ALICE, START, Venue


class Client:
    """A session of a hub without sockets: what is sent is parsed and kept."""

    def __init__(self, **options: Any) -> None:
        self.venue = Venue(**options)
        core = self.venue.core
        gateway = Gateway(core)
        self.info = Info(core, gateway.asked_about)
        self.faults = Faults(lambda: self.venue.now)
        self.hub = Hub(core, self.info, Doors(core, self.info, gateway, self.faults), self.faults)
        self.heard: list[Any] = []
        self.peer = ThrottledAddress(True, START)
        self.session = self.hub.open(
            lambda text: self.heard.append(json.loads(text)), self.peer, lambda seconds, call: call()
        )

    def ask(self, method: str, **terms: Any) -> list[Any]:
        """What a request is answered at once."""
        del self.heard[:]
        self.hub.receive(self.session, json.dumps({"method": method, "subscription": terms}))
        return self._taken()

    def subscribe(self, **terms: Any) -> list[Any]:
        return self.ask("subscribe", **terms)

    def later(self, seconds: float = 0) -> list[Any]:
        """What has come since, after some time and a tick."""
        self.venue.now += int(seconds * 1000)
        self.hub.flush()
        return self._taken()

    def _taken(self) -> list[Any]:
        heard, self.heard[:] = list(self.heard), []
        return heard

    def trade(self, who: str = ALICE) -> None:
        self.venue.place(Side.BUY, "10", "110", Tif.IOC, who=who)


def data(messages: list[Any], channel: str) -> list[Any]:
    return [message["data"] for message in messages if message["channel"] == channel]
