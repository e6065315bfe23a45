"""An engine with a door for alerts, on the local venue: what the tests of intents send it."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from hypertui.alert_source.desk_taker import DeskTaker
from hypertui.alert_source.doorkeeper import Doorkeeper
from hypertui.cli.child import environment_of_a_door
from hypertui.cli.proof import proof_of
from hypertui.core.intents import IntentVerb
from hypertui.engine.engine import OpenTrade
from hypertui.execution.trade_config import TradeConfig
from hypertui.intents.arming import Arming
from hypertui.intents.desk import IntentDesk
from hypertui.intents.gate import SourceRules
from hypertui.intents.host import SourceHost
from hypertui.intents.proving import Prove
from hypertui.journal.intents import IntentJournal
from hypertui.journal.records import IntentRecord
from hypertui.strategy.exits.rules import ExitRules
from hypertui.webhook.hook_settings import HookSettings
from hypertui.webhook.origin import address_range
from hypertui.webhook.requests import Door
from hypertui.webhook.secrets import HookKind, Hooks
from hypertui.webhook.server import WebhookServer
from hypertui.webhook.wire import DoorOpening
from tests.support.alert_times import time_text
from tests.support.ladders import changed
from tests.support.live_engine import SOL, LiveEngine, wait_until, wall_clock
from tests.support.local_venue import LocalVenue

NAME = "tv-sol"
WAITING: TradeConfig = changed(SOL, by_signal=True, exits=ExitRules(signal_exit=True))


@dataclass(frozen=True, slots=True)
class Target:
    """A door, as whoever sends to it knows it: where it is, its secrets, and since when (ms)."""

    port: int
    tokens: Mapping[str, str]
    began: int

    @property
    def path(self) -> str:
        """The secret address of the source."""
        return f"/hook/{NAME}/{self.tokens[NAME]}"


class AlertedEngine:
    """A context manager: an engine, its desk of intents, and the door. `wall` is the clock that senders
    share, `clock` the one that limits go by, `pace` the seconds between two connections that are let in. The
    door is a process of its own where a `command` starts one, which has clocks of its own too."""

    def __init__(
        self,
        venue: LocalVenue,
        folder: Path,
        config: TradeConfig = WAITING,
        wall: Callable[[], int] = wall_clock,
        clock: Callable[[], int] = wall_clock,
        pace: float = 0.0,
        trusted: tuple[str, ...] = (),
        allowed: tuple[str, ...] = (),
        journal: OpenTrade | None = None,
        prove: Prove | None = None,
        sized: bool = False,
        url: str = "",
        command: Sequence[str] = (),
        **rules: object,
    ) -> None:
        self.live = LiveEngine(venue, config, journal)
        self.url = url or f"sqlite:///{folder / 'journal.db'}"
        self.hooks = Hooks(folder / "webhooks.json")
        self.tokens = {
            name: self.hooks.add(name, kind, 0)
            for name, kind in ((NAME, HookKind.PATH), ("signed", HookKind.HMAC))
            if name not in self.hooks.all()
        }
        self.settings = settings = dict[str, HookSettings]()
        for name in (NAME, "signed"):
            given = SourceRules(name, config.title, frozenset(IntentVerb), **rules)  # type: ignore[arg-type]
            ranges = tuple(map(address_range, allowed))
            settings[name] = HookSettings(given, config.symbol, allowed=ranges, hodl=config.hodl, sized=sized)
        self.arming = Arming([each.rules for each in settings.values()], wall_clock)
        self.desk = IntentDesk(
            self.live.engine,
            lambda: IntentJournal.open(self.url, "paper"),
            "paper",
            self.arming,
            wall_clock,
            prove or proof_of(self.url, "paper", wall_clock),
        )
        ranges = tuple(map(address_range, trusted))
        secrets, taker = folder / "webhooks.json", DeskTaker(self.desk, settings, wall)
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.target = Target(self._listening.getsockname()[1], self.tokens, wall_clock())
        self.keeper = Doorkeeper(
            taker,
            self.desk.warnings,
            DoorOpening(secrets, settings, ranges, pace),
            self._listening,
            environment_of_a_door(),
            command,
        )
        self._door = Door(taker, Hooks(secrets), settings, ranges, clock, wall)
        server = WebhookServer(taker, self._door, self._listening, pace)
        self._host = SourceHost(self.desk, [("alerts", self.keeper.run if command else server.serve)])

    def __enter__(self) -> AlertedEngine:
        self.live.__enter__()
        self._host.__enter__()
        self.live.engine.sources = self.desk
        return self

    def __exit__(self, *exception: object) -> None:
        self._host.__exit__(None, None, None)
        self.live.__exit__(*exception)

    def wait_until_it_waits(self) -> None:
        self.live.wait_for(lambda: self.live.snapshot.waits, "the trade to wait for a signal")

    @property
    def port(self) -> int:
        """Where the door is."""
        return self.target.port

    @property
    def path(self) -> str:
        """The secret address of the source."""
        return self.target.path

    def post(
        self, body: bytes | str, path: str | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int | None, dict[str, str]]:
        """The status and the answer; None where the connection was cut without one."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            data = body.encode() if isinstance(body, str) else body
            connection.request("POST", self.path if path is None else path, data, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (HTTPException, ConnectionError):
            return None, {}
        finally:
            connection.close()

    def alert(self, action: str, **fields: object) -> tuple[int | None, dict[str, str]]:
        """Send an alert of now."""
        return self.post(json.dumps({"action": action, "time": now_text(), **fields}))

    def ends_as(self, id: str, state: str) -> IntentRecord:
        """Wait until an intent has come to this state, which is in the journal."""
        wait_until(lambda: self._row(id).state == state, f"intent {id} to be {state}", every=0.02)
        return self._row(id)

    def rows(self) -> list[IntentRecord]:
        """All that is in the journal, oldest first."""
        journal = IntentJournal.read(self.url, "paper")
        try:
            return list(reversed(journal.newest(10_000)))
        finally:
            journal.close()

    def _row(self, id: str) -> IntentRecord:
        return next(row for row in self.rows() if row.id == id)


@contextmanager
def alerted(venue: LocalVenue, folder: Path, **options: object) -> Iterator[AlertedEngine]:
    """One whose trade waits for its signal already."""
    with AlertedEngine(venue, folder, **options) as engine:  # type: ignore[arg-type]
        engine.wait_until_it_waits()
        yield engine


def now_text(ahead: int = 0) -> str:
    """The time as TradingView writes it, so many ms ahead."""
    return time_text(wall_clock() + ahead)
