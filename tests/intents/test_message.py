"""What an alert says, by the payloads that TradingView documents with their placeholders filled."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.core.intents import IntentReason, IntentVerb
from hypertui.intents.gate import not_of_now
from hypertui.webhook.message import Misunderstood, alert_of, moment_of

_LATE = [(0, True), (60_000, True), (60_001, False), (-5_000, True), (-5_001, False)]
AT = "2026-01-02T03:04:05Z"


def read(body: str | bytes | dict[str, object], *tickers: str) -> tuple[IntentVerb, int, str | None]:
    data = json.dumps(body) if isinstance(body, dict) else body
    alert = alert_of(data.encode() if isinstance(data, str) else data, "webhook:tv", "BTC", tickers)
    return alert.verb, alert.event_at, alert.before


def refused(body: str | bytes | dict[str, object]) -> IntentReason:
    with pytest.raises(Misunderstood) as found:
        read(body)
    return found.value.reason


def test_a_strategys_order_in_json() -> None:
    body = {
        "action": "buy",
        "symbol": "BINANCE:BTCUSDT.P",
        "time": AT,
        "order_id": "Long",
        "price": "65000.5",
        "market_position": "long",
        "prev_market_position": "flat",
        "comment": "",
    }
    assert read(body) == (IntentVerb.OPEN, 1_767_323_045_000, "flat")
    assert read({**body, "action": "sell", "market_position": "flat"})[0] is IntentVerb.CLOSE
    assert read({**body, "market_position": "flat", "prev_market_position": "short"})[0] is IntentVerb.CLOSE
    assert refused({**body, "action": "sell", "market_position": "short"}) is IntentReason.NOT_ALLOWED
    assert refused({**body, "action": "sell"}) is IntentReason.NOT_ALLOWED


def test_the_same_in_words() -> None:
    assert read(f'action=buy symbol=BTCUSD time="{AT}" price=65000') == (
        IntentVerb.OPEN,
        1_767_323_045_000,
        None,
    )
    assert read(f"action=sell-out, time={AT}\n")[0] is IntentVerb.SELL_OUT
    assert refused("BTCUSDT Crossing 65,000") is IntentReason.SCHEMA
    assert refused(f"action=buy action=sell time={AT}") is IntentReason.SCHEMA
    assert refused("") is IntentReason.SCHEMA


@pytest.mark.parametrize(
    ("ticker", "is_meant"),
    [
        ("BTC", True),
        ("BTCUSD", True),
        ("BYBIT:BTCUSDT.P", True),
        ("XBT", True),
        ("WBTC", False),
        ("USD", False),
    ],
)
def test_whose_market_it_is(ticker: str, is_meant: bool) -> None:
    body = json.dumps({"action": "close", "time": AT, "symbol": ticker}).encode()
    if is_meant:
        assert alert_of(body, "webhook:tv", "BTC", ("XBT",)).verb is IntentVerb.CLOSE
    else:
        with pytest.raises(Misunderstood) as found:
            alert_of(body, "webhook:tv", "BTC", ("XBT",))
        assert found.value.reason is IntentReason.NOT_ALLOWED


@pytest.mark.parametrize("name", ["size", "contracts", "leverage", "network", "account", "Quantity"])
def test_what_is_the_plans_to_say_is_refused(name: str) -> None:
    assert refused({"action": "open", "time": AT, name: 1}) is IntentReason.NOT_ALLOWED


@pytest.mark.parametrize("size", ["0", "-5", "NaN", "1e40", "many", "", None, True, [5], {"usd": 5}])
def test_a_size_is_an_amount_of_an_entry_where_the_plan_lets_an_alert_say_one(size: object) -> None:
    def most(action: str, said: object) -> Decimal | None:
        body = json.dumps({"action": action, "time": AT, "size": said}).encode()
        return alert_of(body, "webhook:tv", "BTC", (), sized=True).most

    assert [most("buy", said) for said in (100, "100.5", 0.1)] == [100, Decimal("100.5"), Decimal("0.1")]
    assert most("sell", "") is None, "a placeholder that had nothing to stand for"
    for action, said, reason in (("sell", 100, IntentReason.NOT_ALLOWED), ("buy", size, IntentReason.SCHEMA)):
        with pytest.raises(Misunderstood) as found:
            most(action, said)
        assert found.value.reason is reason


@pytest.mark.parametrize(
    "body",
    [
        {"action": "open"},
        {"action": "open", "time": "2026-01-02T03:04:05"},
        {"action": "open", "time": "{{timenow}}"},
        {"action": "flatten", "time": AT},
        {"action": ["open"], "time": AT},
        {"action": "open", "time": AT, "note": "?"},
        {"action": "open", "time": AT, "id": "x" * 65},
        {"action": "open", "time": 1_767_323_045},
        f'{{"action": "open", "action": "open", "time": "{AT}"}}',
        b"\x80",
        "{" * 5_000,
    ],
)
def test_anything_else_is_no_alert(body: str | bytes | dict[str, object]) -> None:
    assert refused(body) is IntentReason.SCHEMA


@given(st.binary(max_size=300))
def test_whatever_comes_is_an_alert_or_misunderstood(body: bytes) -> None:
    try:
        alert_of(body, "webhook:tv", "BTC", ())
    except Misunderstood as error:
        assert error.text.isprintable()


def test_two_alerts_of_one_moment_differ_by_what_they_say() -> None:
    def key(**fields: str) -> str:
        body = json.dumps({"action": "open", "time": AT, **fields}).encode()
        return alert_of(body, "webhook:tv", "BTC", ()).key

    keys = {key(), key(action="close"), key(order_id="2"), key(id="mine"), key(time="2026-01-02T03:04:06Z")}
    assert len(keys) == 5
    assert key(comment="again") == key()


@pytest.mark.parametrize(("late", "is_now"), _LATE)
def test_what_is_now(late: int, is_now: bool) -> None:
    assert (not_of_now(moment_of(AT), moment_of(AT) + late) == "") is is_now
