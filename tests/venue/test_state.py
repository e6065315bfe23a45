"""What is written down and read again is the same venue: it answers and goes on as if it had never ended."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hypertui.core.market import Side
from hypertui.venue.accounts.accounts import KEPT_ORDERS
from hypertui.venue.accounts.agents import DAY_MS
from hypertui.venue.api.gateway import Gateway
from hypertui.venue.api.info import Info
from hypertui.venue.market.prices import ManualPrices, OtherPathError, PricePath
from hypertui.venue.market.recorded_prices import SeriesPrices
from hypertui.venue.market.synthetic import SyntheticPrices
from hypertui.venue.model.errors import ActionError
from hypertui.venue.model.messages import MalformedError
from hypertui.venue.model.orders import Tif, history_row
from hypertui.venue.state.state import Scribe, load
from tests.venue.helpers import ALICE, BOB, START, Venue
from tests.venue.test_fuzz import QUESTIONS
from tests.venue.test_properties import OPTIONS, Traders

HOUR = 3_600_000
AGENTS = ["0x" + digit * 40 for digit in "123"]


class Kept:
    """A venue with its door and its prices, written down and read again on demand."""

    def __init__(self, options: dict[str, Any], source: PricePath) -> None:
        self.options = options
        self.venue = Venue(**options)
        self.gateway = Gateway(self.venue.core)
        self.source = source
        self.scribe = Scribe(self.venue.core, self.gateway, source)

    def reborn(self, source: PricePath) -> Kept:
        """A new one that has read what this one wrote, at the same time."""
        other = Kept(self.options, source)
        other.venue.now = self.venue.now
        text = self.scribe.text(self.venue.now - START, 60)
        market_time = load(json.loads(text), other.venue.core, other.gateway, source)
        assert market_time == self.venue.now - START
        assert other.scribe.text(market_time, 60) == text
        return other

    def answers(self) -> str:
        info = Info(self.venue.core, self.gateway.asked_about)
        asked = [
            {**question, "user": user, "coin": coin}
            for question in QUESTIONS
            for user in (ALICE, BOB, *AGENTS)
            for coin in ("BTC", "SOL")
        ]
        for who in (ALICE, BOB):
            account = self.venue.core.account(who)
            assert account is not None
            known = [*account.orders, *account.by_cloid]
            asked += [{"type": "orderStatus", "user": who, "oid": oid} for oid in known]
        return json.dumps([info.answer(question) for question in asked])

    def go_on(self, seed: int, events: int) -> str:
        """Let things happen, all of them decided by `seed`; returns everything that the venue said."""
        random, venue = Random(seed), self.venue
        traders = Traders(venue, seed)
        said: list[Any] = []
        venue.batches.clear()
        for _ in range(events):
            traders.act()
            said.append(self._action(random))
            if random.random() < 0.3:
                steps = self.source.advance(venue.now - START)
                venue.core.walk((step.symbol, step.price) for step in steps if step.symbol != "SOL")
            venue.core.tick()
        batches = [
            {name: getattr(batch, name) for name in batch.__slots__ if name != "moved"}
            | {"moved": sorted(batch.moved)}
            | {"history": [history_row(each) for told in batch.history.values() for each in told]}
            for batch in venue.batches
        ]
        return json.dumps([said, batches])

    def _action(self, random: Random) -> str:
        core, account = self.venue.core, self.venue.account(random.choice((ALICE, BOB)))
        choice = random.randrange(6)
        try:
            if choice == 0:
                leverage = random.randint(1, 20)
                core.collateral.set_leverage(account, core.by_symbol["SOL"], leverage, cross=True)
            elif choice == 1:
                core.schedule_cancel(account, self.venue.now + random.choice((1_000, 5_000, 9_000)))
            elif choice == 2:
                core.agents.approve(
                    account.address, random.choice(AGENTS), random.choice(("", "a")), self.venue.now
                )
            elif choice == 3:
                self.gateway._nonces.setdefault(account.address, _nonces()).use(
                    self.venue.now + random.randint(0, 3), self.venue.now
                )
            elif choice == 4:
                core.deposit(account.address, Decimal(random.randint(1, 99)) / 7)
            else:
                cloid = "0x" + random.choice("12") * 32
                request = self.venue.request(
                    Side.BUY, "0.5", "99.9", random.choice((Tif.GTC, Tif.IOC)), cloid=cloid
                )
                return str(core.place(account, [replace(request, limit=core.books["SOL"].mark)]))
        except Exception as error:  # noqa: BLE001 - a refusal has to be the same as well
            return repr(error)
        return ""


def _nonces() -> Any:
    from hypertui.venue.api.nonces import Nonces

    return Nonces()


def series() -> SeriesPrices:
    prices = tuple(Decimal(64_000 + step) for step in range(500))
    return SeriesPrices("BTC", prices, tuple(range(0, 5_000 * 500, 5_000)), SyntheticPrices(8))


@settings(max_examples=25)
@given(OPTIONS, st.integers(0, 1_000_000), st.integers(0, 50), st.booleans())
def test_what_is_read_again_is_the_same_venue(
    options: dict[str, Any], seed: int, events: int, replayed: bool
) -> None:
    source = series if replayed else lambda: SyntheticPrices(8)
    first = Kept(options, source())
    first.venue.account(ALICE), first.venue.account(BOB)
    first.go_on(seed, events)
    second = first.reborn(source())
    assert second.answers() == first.answers()
    assert second.go_on(seed + 1, 25) == first.go_on(seed + 1, 25)
    assert second.answers() == first.answers()
    assert second.scribe.text(0, 60) == first.scribe.text(0, 60)
    # What was written before and has not changed is not written anew, and still right.
    assert first.scribe.text(0, 60) == Scribe(first.venue.core, first.gateway, first.source).text(0, 60)


def test_what_takers_have_eaten_stays_eaten() -> None:
    first = Kept({"faucet": Decimal(10_000_000)}, ManualPrices())
    first.venue.buy("10000", "100.2", Tif.IOC)
    second = first.reborn(ManualPrices())
    assert second.venue.core.books["SOL"].levels(Side.SELL) == first.venue.core.books["SOL"].levels(Side.SELL)
    assert second.venue.core.books["SOL"].best(Side.SELL) != Venue().core.books["SOL"].best(Side.SELL)


def test_an_order_that_nobody_finds_by_its_client_id_stays_unfindable() -> None:
    """The later of two orders with one client id was forgotten; the earlier one works on."""
    first, cloid = Kept({}, ManualPrices()), "0x" + "1" * 32
    kept = first.venue.buy("1", "90", cloid=cloid)
    first.venue.buy("1", "90", Tif.IOC, cloid=cloid)
    for _ in range(KEPT_ORDERS):
        first.venue.buy("1", "90", Tif.IOC)
    account = first.reborn(ManualPrices()).venue.account()
    assert not account.by_cloid
    assert set(account.open_orders) == {kept.order.oid}


def test_nonces_and_agents_are_spent_for_ever() -> None:
    first = Kept({}, ManualPrices())
    first.venue.account()
    first.gateway._nonces[ALICE] = _nonces()
    first.gateway._nonces[ALICE].use(START, START)
    first.venue.core.agents.approve(ALICE, AGENTS[0], "bot", START)
    second = first.reborn(ManualPrices())
    with pytest.raises(ActionError, match="duplicate nonce"):
        second.gateway._nonces[ALICE].use(START, START)
    agent = second.venue.core.agents.find(AGENTS[0], START + 89 * DAY_MS)
    assert agent is not None and agent.master == ALICE
    assert second.venue.core.agents.ever(AGENTS[0])


@pytest.mark.parametrize("cut", [0, 1, 2_999, 3_000, HOUR])
def test_a_path_goes_on_where_it_stood(cut: int) -> None:
    whole = [(step.time, step.symbol, step.price) for step in SyntheticPrices(3).advance(2 * HOUR)]
    first, second = SyntheticPrices(3), SyntheticPrices(3)
    before = [(step.time, step.symbol, step.price) for step in first.advance(cut)]
    second.restore(json.loads(json.dumps(first.dump())))
    after = [(step.time, step.symbol, step.price) for step in second.advance(2 * HOUR)]
    assert before + after == whole


@pytest.mark.parametrize(
    ("written", "read", "words"),
    [
        (SyntheticPrices(8), SyntheticPrices(9), "is of seed 8, not 9"),
        (SyntheticPrices(8), series(), "is of the seeded path, not of a price file"),
        (series(), SyntheticPrices(8), "is of a price file, not of the seeded path"),
        (
            series(),
            SeriesPrices("BTC", (Decimal(1), Decimal(2)), (0, 1), SyntheticPrices(8)),
            "is of a price file with other prices",
        ),
        (
            series(),
            SeriesPrices("ETH", (Decimal(1), Decimal(2)), (0, 1), SyntheticPrices(8)),
            "is of a price file for BTC, not ETH",
        ),
    ],
)
def test_other_prices_are_refused(written: PricePath, read: PricePath, words: str) -> None:
    with pytest.raises(OtherPathError, match=words):
        Kept({}, written).reborn(read)


@pytest.mark.parametrize("seed", range(200))
def test_what_is_damaged_is_refused_as_such(seed: int) -> None:
    """Any one value replaced: it is refused in one of the ways that the file's reader knows, or it still
    loads (as a price of another price does)."""
    random, first = Random(seed), Kept({}, ManualPrices())
    first.venue.buy("1", "90", cloid="0x" + "1" * 32)
    first.venue.sell("1", "90", trigger="95")
    state = json.loads(first.scribe.text(0, 60))
    part = state
    while True:
        key = random.choice(list(part) if isinstance(part, dict) else range(len(part)))
        if not isinstance(part[key], dict | list) or not part[key] or random.random() < 0.1:
            part[key] = random.choice((None, "x", -1, [], {}, [1], "1e9", "0x1", {"x": 1}))
            break
        part = part[key]
    second = Kept({}, ManualPrices())
    with suppress(MalformedError, ValueError, TypeError, KeyError):
        load(state, second.venue.core, second.gateway, second.source)
