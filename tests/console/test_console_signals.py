"""The screen of signals: what indicators say, who is armed, and what became of what was wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal as D
from typing import Any

import pytest
from textual.pilot import Pilot

from hypertui.console.frame import Frame
from hypertui.console.keys import KEYS
from hypertui.console.lines import Line, Tone
from hypertui.console.views import signal as full
from hypertui.console.views import signal_words as words
from hypertui.console.views import sources
from hypertui.console.views.key_bar import key_bar
from hypertui.port.commands import StopReason, Verb
from hypertui.port.signals import SignalView
from hypertui.signals.names import Family
from tests.console import parts, signals, states
from tests.console.desk import Desk
from tests.console.driving import drive

FIRED, ARMED, COOLING, NEUTRAL = 0, 1, 2, 3


def frame(now: int = parts.NOW) -> Frame:
    return Frame(states.running(), now)


def alerted(**options: Any) -> Desk:
    return Desk(snapshot=states.alerted(), intents=states.intents(), **options)


def said(rows: list[Line] | tuple[Line, ...]) -> str:
    return "\n".join("".join(span.text for span in row) for row in rows)


def shown(signal: SignalView, now: int = parts.NOW, width: int = 110) -> str:
    return said(tuple(full.in_full(frame(now), signal, width, 20)))


# Webhooks


def test_it_shows_who_is_armed_and_why_nothing_came_of_an_alert() -> None:
    desk = alerted()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.press(pilot, "8")
        text = desk.text
        assert "3 requests turned away" in text
        assert "● 11h53 left" in text
        assert "no: w arms" in text
        assert "alert 3m ago" in text
        assert "desync: an alert was missed" in text
        assert "DUPLICATE" in text
        assert "SIGNAL  " not in text, "there is none to show"

    drive(desk.app, scenario)


def test_a_source_that_needs_proof_and_an_indicator_that_tells_nothing_say_so() -> None:
    known, found = states.intents(), signals.standing()
    asks = tuple(replace(each, needs_proof=True) for each in known.sources)
    one = found[0].indicators[0]
    odd = replace(one, buy=replace(one.buy, is_odd=True))
    found = (replace(found[0], indicators=(odd, *found[0].indicators[1:])), *found[1:])
    desk = Desk(snapshot=states.alerted(), intents=replace(known, sources=asks), signals=found)

    async def scenario(pilot: Pilot[StopReason]) -> None:
        text = await desk.press(pilot, "8")
        assert "close open if proven" in text
        assert "! 39.8 %" in text
        assert "! tells nothing: outside 0.1 to 30 %" in text

    drive(desk.app, scenario)


def test_an_alarm_of_a_source_is_on_the_bar_of_the_trade_that_it_speaks_to() -> None:
    desk = alerted()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        text = await desk.press(pilot)
        assert "‼ ALARM" in text
        assert "CRITICAL webhook tv-btc: open held" in text
        assert len(desk.rung) == 1
        assert "1 active, 1 not acknowledged" in await desk.press(pilot, "7")
        text = await desk.press(pilot, "a")
        assert [command.alarms for command in desk.engine.commands] == [("webhook tv-btc",)]
        assert "‼ ALARM" not in text
        assert "1 active, 0 not acknowledged" in text

    drive(desk.app, scenario)


def test_elsewhere_w_asks_which_source_is_armed_and_the_command_names_it() -> None:
    desk = alerted(signals=signals.standing())

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.open(pilot, "w")
        text = desk.text
        assert [
            f"{number}     {what}" in text
            for number, what in enumerate(
                ("disarm trend", "arm dip", "arm swing", "disarm tv-btc", "arm own"), 1
            )
        ] == [True] * 5
        await desk.press(pilot, "5")
        (command,) = desk.engine.commands
        assert (command.verb, command.guard) == (Verb.ARM, "own")

    drive(desk.app, scenario)


def test_there_is_no_such_screen_without_sources() -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.press(pilot, "8")
        assert desk.app.current_mode == "main"
        assert "Signals" not in desk.text

    drive(desk.app, scenario)


# Signals


def test_the_signal_under_the_cursor_is_shown_in_full_and_the_others_as_a_row() -> None:
    desk = alerted(signals=signals.standing())

    async def scenario(pilot: Pilot[StopReason]) -> None:
        text = await desk.press(pilot, "8")
        assert "SIGNAL  trend ETH  trend, candles of 5m" in text
        assert "● FIRED  for a buy since " in text and "opens and closes ETH   armed ● 11h02 left" in text
        for row in (
            "trend ETH 5m   ● FIRED 0.72/0.00",
            "dip ETH 5m     ◌ ARMED 0.66/0.00",
            "swing SOL 5m   ○ COOLDOWN 0.00/0.72",
            "look BTC 5m",
        ):
            assert row in text
        text = await desk.press(pilot, "down", "down")
        assert "SIGNAL  dip ETH  reversion, candles of 5m" in text
        assert "Does not fire: the price is below that of 24 h ago" in text
        text = await desk.press(pilot, "down")
        assert "SIGNAL  swing SOL" in text
        text = await desk.press(pilot, "down", "down")
        assert "SIGNAL  look BTC" in text, "a webhook has nothing to show, so the last one stays"
        assert "only watched: nothing is done by it" in text

    drive(desk.app, scenario)


@pytest.mark.parametrize(
    ("downs", "verb", "name"), [(1, Verb.DISARM, "trend"), (2, Verb.ARM, "dip"), (5, Verb.DISARM, "tv-btc")]
)
def test_w_arms_the_source_under_the_cursor(downs: int, verb: Verb, name: str) -> None:
    desk = alerted(signals=signals.standing())

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.press(pilot, "8", *["down"] * downs)
        await desk.open(pilot, "w")
        assert f"{verb.upper()} {name}" in desk.text
        await desk.press(pilot, "y")
        (command,) = desk.engine.commands
        assert (command.verb, command.guard) == (verb, name)

    drive(desk.app, scenario)


def test_a_key_that_arms_nothing_is_dim() -> None:
    def tone(view: Sequence[SignalView]) -> Tone:
        shown = replace(frame(), signals=tuple(view), page="signals", keys=KEYS)
        (bar,) = key_bar(shown, 120, 1)
        return next(span.role for span in bar if span.text == "w")

    known = signals.standing()
    assert tone(known) is Tone.KEY
    assert tone([replace(each, needs_arming=False) for each in known]) is Tone.OFF


@pytest.mark.parametrize("key", ["0", "1", "8", "9"])
def test_with_a_desk_and_signals_all_tabs_are_in_sight_at_80_columns(key: str) -> None:
    desk = alerted(signals=signals.standing(), beside=(states.ether(),))

    async def scenario(pilot: Pilot[StopReason]) -> None:
        row = (await desk.press(pilot, key)).splitlines()[2]
        for name in ("Main", "Desk", "Orders", "Ledger", "Map", "Log", "Health", "Signals", "Exits"):
            assert name in row, row

    drive(desk.app, scenario, (80, 24))


def test_enter_shows_what_a_row_has_cut_or_says_why_it_does_not() -> None:
    desk = alerted(signals=signals.standing())

    async def scenario(pilot: Pilot[StopReason]) -> None:
        text = await desk.press(pilot, "8", "down", "enter")
        assert "no room for details here: z shows this list alone" in text or "DETAILS" in text
        assert "DETAILS" in await desk.press(pilot, "z")
        assert "this row has no details" in await desk.press(pilot, "escape", "3", "tab", "enter")

    drive(desk.app, scenario)


def test_an_alert_from_before_the_start_is_no_silence() -> None:
    scene = states.scene("alerted_before")
    assert [source.last_at for source in scene.intents.sources] == [None, None]
    rows = sources.table(Frame(scene.snapshot, scene.now, intents=scene.intents)).rows
    assert [row.cells[-1].text for row in rows] == ["alert 4m ago", "none known"]


def test_what_is_only_watched_needs_no_arming() -> None:
    desk = Desk(signals=signals.standing())

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.press(pilot, "8", *["down"] * 4, "w")
        assert "look needs no arming" in desk.text and not desk.asking

    drive(desk.app, scenario)


def test_a_small_screen_has_the_scores_the_state_and_the_intents_and_zoom_the_indicators() -> None:
    desk = alerted(signals=signals.standing())

    async def scenario(pilot: Pilot[StopReason]) -> None:
        text = await desk.press(pilot, "8")
        assert "buy       0.72 █" in text and "≥ 0.60 fires, < 0.54 ends" in text
        assert "● FIRED  for a buy" in text and "DUPLICATE" in text and "9 Exits" in text
        assert "Donchian 20" not in text
        text = await desk.press(pilot, "tab", "tab", "z")
        assert "Donchian 20" in text

    drive(desk.app, scenario, (80, 24))


def test_a_phone_has_each_signal_with_its_scores() -> None:
    desk = alerted(signals=signals.standing()[:2])

    async def scenario(pilot: Pilot[StopReason]) -> None:
        text = await desk.press(pilot, "8")
        assert "trend ETH ● FIRED        0.72/0.00 ≥0.60" in text
        assert "dip ETH ◌ ARMED          0.66/0.00 ≥0.60" in text
        assert "open BTC HELD" in text
        assert "stop" in await desk.press(pilot, "1"), "the orders are there again"

    drive(desk.app, scenario, (40, 14))


def test_each_indicator_has_its_value_its_need_its_state_and_how_often_it_is_on() -> None:
    text = shown(signals.standing()[ARMED])
    (rsi,) = (row for row in text.splitlines() if row.startswith("RSI 14"))
    view = signals.standing()[ARMED].indicators[0]
    assert view.buy.value is not None and view.buy.rate is not None and view.sell.rate is not None
    for figure in (f"{view.buy.value:.6g}", "< 30", "> 70", f"{view.buy.rate:.1%}", f"{view.sell.rate:.1%}"):
        assert figure.replace("%", " %") in rsi
    assert rsi.count("on") + rsi.count("off") == 2
    assert "on: of the newest 864 candles" in text


def test_the_bar_ends_at_the_score_and_has_the_limits_where_they_are() -> None:
    signal = replace(signals.standing()[FIRED], buy_score=D("0.5"), target=D("0.75"), exit=D("0.25"))
    (row, *_) = full.in_full(frame(), signal, 200, 20)
    bar = [span for span in row if span.text in "█░┆│"]
    assert "".join(span.text for span in bar) == "█" * 10 + "┆" + "█" * 9 + "░" * 10 + "│" + "░" * 9
    figure = next(span for span in row if span.text.strip() == "0.50")
    assert figure.role is Tone.TEXT
    reached = replace(signal, buy_score=D("0.75"))
    (row, *_) = full.in_full(frame(), reached, 200, 20)
    assert next(span for span in row if span.text.strip() == "0.75").role is Tone.STRONG


def test_a_score_just_short_of_the_target_does_not_read_as_if_it_had_reached_it() -> None:
    assert "buy       0.59 " in shown(replace(signals.standing()[FIRED], buy_score=D("0.5999")))


def test_a_cooldown_is_over_without_a_candle() -> None:
    signal = signals.standing()[COOLING]
    ends = signal.cooldown_until
    assert ends is not None and ends > parts.NOW
    assert "Nothing fires before" in shown(signal) and "○ COOLDOWN  for a sale" in shown(signal)
    late = replace(signal, late_after=ends + 1)
    assert "○ NEUTRAL  cooldown over since" in shown(late, ends)


def test_what_is_old_or_not_known_says_so() -> None:
    signal = signals.standing()[FIRED]
    assert signal.late_after is not None
    old = shown(signal, signal.late_after + 120_000)
    assert "✗ FIRED" in old and "The next candle is overdue for 2 min: what is shown is old" in old
    (row, *_) = full.in_full(frame(signal.late_after + 1), signal, 110, 20)
    assert Tone.STALE in {span.role for span in row}
    assert "No candles: the exchange does not answer" in shown(
        replace(signal, trouble="the exchange does not answer")
    )
    lacks = signals.stands("trend", Family.TREND, "ETH", 16, "both", hours=8)
    assert lacks.missing > 0
    assert f"Not known yet: needs {lacks.missing} more candles" in shown(lacks)
    assert "buy          – ░" in shown(lacks)


def test_a_signal_that_knows_no_candle_yet_claims_nothing() -> None:
    blank = signals.stands("trend", Family.TREND, "ETH", 16, "both", hours=0)
    text = shown(blank)
    assert "No candle has come yet" in text and "? –" in text
    assert words.state(frame(), blank).text == "○ UNKNOWN"
