"""Views sent as differences: what a client puts together is what the engine shows."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.core.market import Side
from hypertui.port.engine import EngineView
from hypertui.port.prices import Candle, PriceSeries
from hypertui.port.signals import IndicatorSideView, IndicatorView, SignalView
from hypertui.port.snapshot import Snapshot
from hypertui.server.protocol import WireError
from hypertui.server.view_codec import ViewDecoder, ViewEncoder
from tests.console import states

STATES = st.sampled_from(["running", "decline", "broken", "halted", "starting"])
FIELDS = [field.name for field in fields(Snapshot) if field.name != "name"]


class Watcher:
    """A client, which is sent what it lacks, when it reads."""

    def __init__(self) -> None:
        self.version = 0
        self.view: EngineView | None = None
        self._decoder = ViewDecoder()

    def read(self, encoder: ViewEncoder) -> dict[str, object]:
        found = json.loads(b"{%b}" % encoder.since(self.version))
        self.view = self._decoder.update(found)
        self.version = encoder.version
        assert isinstance(found, dict)
        return found


# What happens: a trade takes some fields of another state, comes or goes; the pen passes; a client reads.
names = st.sampled_from(["BTC", "SOL", "\u00e9 ']}"])
happening = st.one_of(
    st.tuples(st.just("change"), names, STATES, st.sets(st.sampled_from(FIELDS), max_size=6)),
    st.tuples(st.just("go"), names),
    st.tuples(st.just("pen"), st.sampled_from(["", "mk@pts/3 by attach (uid 1, pid 2)", '"\\'])),
    st.tuples(st.just("read"), st.integers(0, 2)),
)


@given(st.lists(happening, max_size=30))
def test_whatever_was_left_out_on_the_way_a_client_has_the_engines_view(happenings: list[tuple]) -> None:
    encoder, watchers = ViewEncoder(), [Watcher() for _ in range(3)]
    first = replace(states.running(), name="first")
    trades, pen = {"first": first}, ""
    encoder.update(EngineView((first,)))
    for what, *how in happenings:
        if what == "change":
            name, state, changed = how
            other = states.scene(state).snapshot
            now = trades.get(name, replace(other, name=name))
            trades[name] = replace(now, **{field: getattr(other, field) for field in changed})
        elif what == "go":
            trades.pop(how[0], None)
        elif what == "pen":
            (pen,) = how
        view = EngineView(tuple(trades.values()), pen)
        encoder.update(view)
        if what == "read":
            watchers[how[0]].read(encoder)
            assert watchers[how[0]].view == view
    for watcher in watchers:
        watcher.read(encoder)
        assert watcher.view == EngineView(tuple(trades.values()), pen)


def test_only_changed_fields_of_changed_trades_are_sent() -> None:
    encoder, watcher = ViewEncoder(), Watcher()
    one = replace(states.running(), name="BTC")
    other = replace(states.running(), name="SOL")
    encoder.update(EngineView((one, other)))
    watcher.read(encoder)
    # What is made anew and is the same is not sent again, a list neither.
    moved = replace(one, seq=one.seq + 1, mark=Decimal(7), orders=(*one.orders,), fills=(*one.fills,))
    encoder.update(EngineView((moved, other)))
    found = watcher.read(encoder)
    assert found["trades"] == {"BTC": {"seq": one.seq + 1, "mark": "7"}}
    assert "names" not in found and "pen" not in found
    encoder.update(EngineView((moved, other)))
    assert encoder.version == watcher.version


def test_candles_are_sent_when_one_has_closed() -> None:
    encoder, watcher = ViewEncoder(), Watcher()
    series = (PriceSeries(60_000, (Candle(0, Decimal(1), Decimal(3), Decimal("2.5")),)), PriceSeries(900_000))
    shown = replace(states.running(), name="BTC", series=series)
    encoder.update(EngineView((shown,)))
    watcher.read(encoder)
    assert watcher.view is not None and watcher.view.first.series == series
    known = watcher.view.first.series
    encoder.update(EngineView((replace(shown, seq=shown.seq + 1),)))
    assert watcher.read(encoder)["trades"] == {"BTC": {"seq": shown.seq + 1}}
    assert watcher.view.first.series is known


def test_signals_are_sent_when_one_has_changed() -> None:
    def shown(score: str | None) -> SignalView:
        side = IndicatorSideView(">", 1.5, 0.0, True, Decimal("0.013"))
        macd = IndicatorView("macd", "MACD cross", "", Decimal("1.5"), side, IndicatorSideView("<"))
        limits = Decimal("0.6"), Decimal("0.54"), Decimal("0.66")
        seen = SignalView("s", "BTC", "BTC", "open", "trend", "5m", 300_000, (macd,), *limits, 2)
        return seen if score is None else replace(seen, buy_score=Decimal(score), side=Side.BUY, candle_at=5)

    encoder, watcher = ViewEncoder(), Watcher()
    trades = (states.running(),)
    encoder.update(EngineView(trades, signals=(shown(None),)))
    watcher.read(encoder)
    assert watcher.view == EngineView(trades, signals=(shown(None),))
    encoder.update(EngineView(trades, signals=(shown("0.71"),)))
    assert watcher.read(encoder).keys() == {"from", "to", "signals"}
    assert watcher.view == EngineView(trades, signals=(shown("0.71"),))
    encoder.update(EngineView(trades, "mk", signals=(shown("0.71"),)))
    assert "signals" not in watcher.read(encoder)
    assert b'"signals":[{' in encoder.whole()


def test_clients_at_the_same_version_are_sent_the_same_bytes() -> None:
    encoder = ViewEncoder()
    encoder.update(EngineView((states.running(),)))
    assert encoder.since(0) is encoder.since(0)


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"from": 3, "to": 4},
        {"from": 0, "to": 1, "names": ["BTC"], "trades": {"BTC": {"mark": "1"}}},
        {"from": 0, "to": 1, "names": ["BTC"], "trades": {"BTC": {"no such": 1}}},
        {"from": 0, "to": 1, "names": ["BTC"], "trades": {"BTC": {"mark": []}}},
        {"from": 0, "to": 1, "names": ["BTC"], "trades": {"BTC": 7}},
        {"from": 0, "to": 1, "names": 7, "trades": {}},
        {"from": 0, "to": "x", "names": [], "trades": {}},
    ],
)
def test_what_is_no_change_is_refused(found: dict[str, object]) -> None:
    with pytest.raises(WireError) as refused:
        ViewDecoder().update(found)
    assert str(refused.value).isprintable()
