"""What the exchange refuses again and again: tried ever more rarely, and told with what still protects."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from hypertui.core.order_key import KeyKind, OrderKey
from hypertui.core.purpose import Purpose
from hypertui.engine.refusals import RefusalAlarms
from hypertui.exchange.hyperliquid import errors
from hypertui.exchange.protocol import Allowance, NotAuthorized, Refusal, Rejected, Signer, Unreachable
from hypertui.execution.key_watch import KeyWatch
from hypertui.execution.orders import OwnOrder
from hypertui.port.snapshot import Severity
from hypertui.runtime.alarms import Alarms
from hypertui.runtime.clock_sync import ClockSync
from hypertui.runtime.event_log import EventLog
from hypertui.runtime.request_budget import RequestBudget
from tests.execution.desk import Desk

NOW = 1_700_000_000_000
DAY = 86_400_000
WALLET = "0x" + "ab" * 20


class Told:
    """Refusals of a desk's orders, and the alarms that come of them."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.log = EventLog(lambda: self.desk.now)
        self.alarms = Alarms(self.log, lambda: self.desk.now)
        self._refusals = RefusalAlarms(self.desk.tracker, self.alarms, lambda: "3 stops still protect it")

    def active(self) -> list[tuple[str, Severity, str]]:
        self._refusals.look(self.desk.now)
        return [(alarm.key, alarm.severity, alarm.text) for alarm in self.alarms.view() if alarm.active]

    def next(self, limit: int = 200_000) -> tuple[OwnOrder, int]:
        """The next order that is sent, and how long that took."""
        began = self.desk.now
        while self.desk.now < began + limit:
            for order in self.desk.acts()[0]:
                return order, self.desk.now - began
            self.desk.wait(250)
        raise AssertionError("nothing is sent any more")


def test_buys_that_are_refused_are_told_from_the_third_on_and_tried_ever_more_rarely() -> None:
    told = Told()
    told.desk.mark(99)
    told.desk.fill(told.desk.stop(-1))
    pauses = []
    for count in range(1, 9):
        buy, pause = told.next()
        assert not buy.order.reduce_only
        pauses.append(pause)
        told.desk.refuse(buy, Refusal.OTHER)
        alarms = told.active()
        assert bool(alarms) == (count >= 3)
    ((key, severity, text),) = alarms
    assert (key, severity) == ("buys refused", Severity.WARNING)
    assert (
        text
        == "8 buys in a row refused by the exchange: no. Tried again after 64 s; 3 stops still protect it"
    )
    assert all(later >= 1.9 * earlier for earlier, later in pairwise(pauses[1:6])), pauses
    assert pauses[-1] <= 65_000
    buy, _ = told.next()
    told.desk.acknowledge(buy)
    assert told.active() == []


def test_stops_that_are_refused_are_critical_and_never_wait_long() -> None:
    told = Told()
    told.desk.mark(101)
    pauses = []
    for _ in range(7):
        stop, pause = told.next()
        assert stop.order.reduce_only
        pauses.append(pause)
        told.desk.refuse(stop, Refusal.OTHER)
    ((key, severity, text),) = told.active()
    assert (key, severity) == ("stops refused", Severity.CRITICAL)
    assert "7 stops in a row" in text
    assert max(pauses) <= 9_000


def test_what_is_refused_no_more_is_over() -> None:
    told = Told()
    told.desk.mark(101)
    for _ in range(3):
        told.desk.refuse(told.next()[0], Refusal.OTHER)
    assert told.active()
    told.desk.wait(181_000)
    assert told.active() == [], "nothing has been sent since"


_STOP = OrderKey(KeyKind.STOP)


def test_a_sale_that_finds_no_buyer_waits_no_longer_each_time() -> None:
    told = Told()
    for _ in range(4):
        told.desk.tracker.pacing.refused(
            _STOP, Refusal.NO_MATCH, "no", purpose=Purpose.PROTECT, is_stop=False, now=told.desk.now
        )
        assert told.desk.tracker.pacing.may_retry(_STOP, told.desk.now + 2_000)


@pytest.mark.parametrize(
    ("error", "least", "most"),
    [
        (Unreachable("no route"), 0, 4.0),
        (Rejected("no"), 2.0, 10.0),
        (NotAuthorized("User or API Wallet 0x1 does not exist."), 15.0, 75.0),
    ],
)
def test_a_refused_key_is_tried_least_of_all(error: Exception, least: float, most: float) -> None:
    now = 0
    rations = RequestBudget(lambda: Allowance(1_200, 1_200), ClockSync(), lambda: now, Random(3))
    for _ in range(20):
        rations.refused(Purpose.PROTECT, error)
    waited = 0
    while not rations.allows(Purpose.PROTECT):
        now += 100
        waited += 100
    assert least <= waited / 1000 <= most
    assert rations.failures(Purpose.PROTECT) == 20


def test_the_words_for_a_key_that_may_act_no_more() -> None:
    said = errors.whole_action("L1 error: User or API Wallet 0x12 does not exist.")
    assert isinstance(said, NotAuthorized)
    assert isinstance(
        errors.whole_action("Must deposit before performing actions. User: 0x12"), NotAuthorized
    )
    assert type(errors.whole_action("Vault not registered: 0x12")) is Rejected


class Watched:
    def __init__(self) -> None:
        self.now = NOW
        self.alarms = Alarms(EventLog(lambda: self.now), lambda: self.now)
        self.watch = KeyWatch(self.alarms, lambda: self.now, lambda: "3 stops still protect 0.75 of 1 ETH")

    @property
    def alarm(self) -> tuple[Severity, str] | None:
        found = [(alarm.severity, alarm.text) for alarm in self.alarms.view() if alarm.active]
        return found[0] if found else None


def test_a_key_is_told_of_a_week_before_it_ends_and_when_it_has() -> None:
    watched = Watched()
    key = Signer(WALLET, "bot", NOW + 10 * DAY)
    watched.watch.learned(key)
    assert watched.alarm is None
    watched.now += 4 * DAY
    watched.watch.learned(key)
    assert watched.alarm == (
        Severity.WARNING,
        "API wallet bot (0xabab…abab) signs until 2023-11-24 22:13 UTC, 6 days more: approve a new one "
        "before that",
    )
    watched.now += 6 * DAY
    watched.watch.say()
    assert watched.alarm == (
        Severity.CRITICAL,
        "API wallet bot (0xabab…abab) expired on 2023-11-24 22:13 UTC. Nothing is placed or cancelled any "
        "more; 3 stops still protect 0.75 of 1 ETH. Approve a new one and start again with it",
    )


def test_a_key_that_the_exchange_refuses() -> None:
    watched = Watched()
    assert watched.watch.refused("User or API Wallet 0xab does not exist."), "news"
    assert not watched.watch.refused("User or API Wallet 0xab does not exist.")
    assert watched.alarm is not None
    severity, text = watched.alarm
    assert severity is Severity.CRITICAL
    assert text.startswith(
        "the key that signs is refused: User or API Wallet 0xab does not exist. Nothing is"
    )
    watched.watch.learned(Signer(WALLET, "bot", NOW + 90 * DAY, may_act=False))
    assert "API wallet bot (0xabab…abab) was revoked (it was good until 2024-02-12" in watched.alarm[1]
    watched.watch.learned(Signer(WALLET, "bot", NOW + 90 * DAY))
    watched.watch.accepted()
    assert watched.alarm is None


def test_the_accounts_own_key_never_ends() -> None:
    watched = Watched()
    watched.watch.learned(Signer(WALLET))
    assert watched.alarm is None
