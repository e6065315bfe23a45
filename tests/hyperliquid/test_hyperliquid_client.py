"""The client against a scripted exchange: what it sends, how it pages, and which error means what."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import socket
import threading
from collections.abc import Awaitable, Callable
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

import pytest
from eth_account import Account
from hyperliquid.exchange import Exchange as SdkExchange
from hyperliquid.utils.signing import recover_agent_or_user_from_l1_action
from rich.console import Console
from rich.traceback import Traceback

from hypertui.core.market import Grouping, Order, OrderType, Side
from hypertui.exchange.hyperliquid import HyperliquidExchange, NonceSource, SigningKey, paper
from hypertui.exchange.hyperliquid.feed import Feed
from hypertui.exchange.hyperliquid.network import MAINNET, Endpoint
from hypertui.exchange.hyperliquid.pace import Pace
from hypertui.exchange.hyperliquid.request import cloid_of, order_requests
from hypertui.exchange.hyperliquid.sdk import Actions
from hypertui.exchange.protocol import (
    CancelOutcome,
    Exchange,
    ExchangeError,
    Filled,
    Quote,
    RateLimited,
    Refusal,
    Refused,
    Rejected,
    Resting,
    Signer,
    Unknown,
    Unreachable,
)
from tests.hyperliquid.conftest import META, Answer, Scripted

T = TypeVar("T")

SECRET = "0123456789" * 6 + "0123"
KEY = SigningKey.parse(SECRET)
EXPIRES = 1_900_000_000_000
IDS = ["0x" + f"{n:032x}" for n in range(1, 4)]


def order(client_id: str = IDS[0], symbol: str = "SOL", size: str = "1.5") -> Order:
    return Order(client_id, symbol, Side.BUY, Decimal(size), OrderType.IOC, Decimal("101.5"))


def run(
    url: str,
    use: Callable[[HyperliquidExchange], Awaitable[T]],
    account: str | None = None,
    **options: Any,
) -> T:
    async def main() -> T:
        exchange = HyperliquidExchange(paper(url), KEY, account, **options)
        try:
            return await use(exchange)
        finally:
            await exchange.close()

    return asyncio.run(main())


def ok(*statuses: Any) -> dict[str, Any]:
    return {"status": "ok", "response": {"type": "order", "data": {"statuses": list(statuses)}}}


def signer(body: dict[str, Any]) -> str:
    """The address that signed an action."""
    address: str = recover_agent_or_user_from_l1_action(
        body["action"], body["signature"], None, body["nonce"], body["expiresAfter"], False
    )
    return address.lower()


def test_fulfils_the_protocol(scripted: Scripted) -> None:
    async def use(exchange: Exchange) -> str:
        return exchange.account

    assert run(scripted.url, use) == KEY.address
    assert scripted.requests == []


def test_opens_with_one_question_about_markets_and_one_about_the_key(scripted: Scripted) -> None:
    scripted.say("order", ok({"resting": {"oid": 1}}))

    async def use(exchange: HyperliquidExchange) -> None:
        await exchange.open()
        await exchange.open()
        await asyncio.gather(*(exchange.place([order()], EXPIRES) for _ in range(3)))

    run(scripted.url, use)
    assert [body.get("action", body)["type"] for _, body in scripted.requests] == (
        ["userRole", "metaAndAssetCtxs"] + ["order"] * 3
    )


def test_an_action_takes_the_connection_that_a_question_has_kept_warm(scripted: Scripted) -> None:
    scripted.say("order", ok({"resting": {"oid": 1}}))

    async def use(exchange: HyperliquidExchange) -> None:
        for _ in range(3):
            await exchange.quote("SOL")
            await exchange.place([order()], EXPIRES)

    run(scripted.url, use)
    assert len(scripted.asked("order")) == 3
    assert len(scripted.connections) == 1


def test_an_action_carries_its_own_expiry_a_new_nonce_and_the_right_signature(scripted: Scripted) -> None:
    scripted.say("order", ok({"resting": {"oid": 1}}))
    scripted.say("cancelByCloid", ok("success"))
    scripted.say("updateLeverage", {"status": "ok", "response": {"type": "default"}})

    async def use(exchange: HyperliquidExchange) -> None:
        await asyncio.gather(*(exchange.place([order()], EXPIRES + n) for n in range(20)))
        assert await exchange.cancel("SOL", IDS[:1], EXPIRES) == (CancelOutcome.CANCELLED,)
        await exchange.set_leverage("SOL", 7, EXPIRES)

    run(scripted.url, use)
    bodies = [body for path, body in scripted.requests if path == "/exchange"]
    nonces = [body["nonce"] for body in bodies]
    assert len(set(nonces)) == len(nonces)
    assert max(nonces[:20]) < nonces[20] < nonces[21]
    assert sorted(body["expiresAfter"] for body in bodies[:20]) == [EXPIRES + n for n in range(20)]
    for body in bodies:
        assert signer(body) == KEY.address
    assert bodies[20]["action"]["cancels"] == [{"asset": 2, "cloid": IDS[0]}]
    assert bodies[21]["action"] == {"type": "updateLeverage", "asset": 2, "isCross": True, "leverage": 7}


def test_nonces_grow_when_the_clock_does_not() -> None:
    times = iter((1000, 1000, 900, 1500))
    nonces = NonceSource(clock=lambda: next(times))
    actions = Actions(paper("http://127.0.0.1:1"), KEY, None, META, nonces)
    action = actions.leverage("SOL", 7, isolated=False)
    bodies = [json.loads(actions.signed(action, EXPIRES)) for _ in range(4)]
    assert [body["nonce"] for body in bodies] == [1000, 1001, 1002, 1500]
    for body in bodies:
        assert body["expiresAfter"] == EXPIRES
        assert signer(body) == KEY.address


@pytest.mark.parametrize("vault", [None, "0x" + "ab" * 20])
@pytest.mark.parametrize("network", [paper("http://127.0.0.1:1"), MAINNET])
def test_actions_are_the_sdks_own_to_the_last_letter(
    network: Endpoint, vault: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the SDK would send, under whatever nonce."""
    ours = Actions(network, KEY, vault, META, NonceSource())
    account, markets = Account.from_key(SECRET), {"universe": [], "tokens": []}
    theirs = SdkExchange(account, network.base_url, META, vault, spot_meta=markets)
    theirs.set_expires_after(EXPIRES)
    posted: list[dict[str, Any]] = []
    monkeypatch.setattr(theirs, "post", lambda _path, payload: posted.append(payload))
    requests = order_requests([order(client_id) for client_id in IDS])
    cloids = [cloid_of(client_id) for client_id in IDS]
    theirs.bulk_orders(requests, grouping="na")
    theirs.bulk_cancel_by_cloid([{"coin": "SOL", "cloid": cloid} for cloid in cloids])
    theirs.update_leverage(7, "SOL", is_cross=False)
    actions = (
        ours.placement(requests, Grouping.NONE),
        ours.cancel("SOL", cloids),
        ours.leverage("SOL", 7, isolated=True),
    )
    for payload, action in zip(posted, actions, strict=True):
        # A new one each time: the SDK signs twice in a millisecond.
        ours._nonces = NonceSource(clock=partial(int, payload["nonce"]))
        assert ours.signed(action, EXPIRES) == json.dumps(payload).encode()


def test_sending_sets_up_no_logging(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(**_: object) -> None:
        raise AssertionError("a library set up logging")

    monkeypatch.setattr(logging, "basicConfig", never)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    scripted.say("order", ok({"resting": {"oid": 1}}))
    assert run(scripted.url, lambda exchange: exchange.place([order()], EXPIRES)) == (Resting(1),)


def test_answers_to_orders(scripted: Scripted) -> None:
    scripted.say(
        "order",
        ok({"resting": {"oid": 1}}, {"filled": {"oid": 2, "totalSz": "1", "avgPx": "2"}}, {"error": "odd"}),
    )
    orders = [order(client_id) for client_id in IDS]
    assert run(scripted.url, lambda exchange: exchange.place(orders, EXPIRES)) == (
        Resting(1),
        Filled(2, Decimal(1), Decimal(2)),
        Refused(Refusal.OTHER, "odd"),
    )


def test_nothing_to_do_is_not_sent(scripted: Scripted) -> None:
    async def use(exchange: HyperliquidExchange) -> None:
        assert await exchange.place([], EXPIRES) == ()
        assert await exchange.cancel("SOL", [], EXPIRES) == ()

    run(scripted.url, use)
    assert scripted.requests == []


@pytest.mark.parametrize("bad", [order(symbol="NONE"), order(size="0.123456789"), order(client_id="0x1")])
def test_what_cannot_be_sent_exactly_is_rejected_unsent(scripted: Scripted, bad: Order) -> None:
    with pytest.raises(Rejected):
        run(scripted.url, lambda exchange: exchange.place([order(), bad], EXPIRES))
    assert scripted.asked("order") == []


def test_what_is_prepared_is_sent_once_and_not_before_it_is_placed(scripted: Scripted) -> None:
    scripted.say("order", ok({"resting": {"oid": 1}}))
    scripted.say("cancelByCloid", ok("success"))

    async def use(exchange: HyperliquidExchange) -> None:
        await exchange.open()
        exchange.prepare([order()], EXPIRES)
        await exchange.cancel("SOL", IDS[:1], EXPIRES)
        assert scripted.asked("order") == []
        assert await exchange.place([order()], EXPIRES) == (Resting(1),)
        assert await exchange.place([order()], EXPIRES) == (Resting(1),)

    run(scripted.url, use)
    (cancel,) = scripted.asked("cancelByCloid")
    prepared, afresh = scripted.asked("order")
    assert prepared["nonce"] < cancel["nonce"] < afresh["nonce"]
    assert prepared["action"] == afresh["action"]
    for body in (prepared, afresh):
        assert signer(body) == KEY.address


@pytest.mark.parametrize(
    ("orders", "expires_at"),
    [([order(IDS[1])], EXPIRES), ([order()], EXPIRES + 1), ([order(), order(IDS[1])], EXPIRES)],
)
def test_what_was_prepared_is_not_sent_for_anything_else(
    scripted: Scripted, orders: list[Order], expires_at: int
) -> None:
    scripted.say("order", ok(*[{"resting": {"oid": 1}}] * len(orders)))

    async def use(exchange: HyperliquidExchange) -> None:
        await exchange.open()
        exchange.prepare([order()], EXPIRES)
        await exchange.place(orders, expires_at)

    run(scripted.url, use)
    (body,) = scripted.asked("order")
    assert [each["c"] for each in body["action"]["orders"]] == [each.client_id for each in orders]
    assert body["expiresAfter"] == expires_at
    assert signer(body) == KEY.address


@pytest.mark.parametrize("bad", [order(symbol="NONE"), order(size="0.123456789"), order(client_id="0x1")])
def test_what_cannot_be_prepared_is_rejected_when_it_is_placed(scripted: Scripted, bad: Order) -> None:
    async def use(exchange: HyperliquidExchange) -> None:
        exchange.prepare([bad], EXPIRES)  # before anything is known of the venue
        await exchange.open()
        exchange.prepare([bad], EXPIRES)
        with pytest.raises(Rejected):
            await exchange.place([bad], EXPIRES)
        await exchange.close()
        exchange.prepare([order()], EXPIRES)

    run(scripted.url, use)
    assert scripted.asked("order") == []


HTML = "<html>\n<h1>502</h1>\n</html>"


@pytest.mark.parametrize(
    ("answer", "for_action", "for_question"),
    [
        ((429, "null"), RateLimited, RateLimited),
        ((429, '{"unexpected": 1}'), Unknown, Unreachable),
        ((422, "Failed to deserialize the JSON body into the target type"), Rejected, Rejected),
        ((400, '{"code": 1, "msg": "bad"}'), Rejected, Rejected),
        ((408, "too slow"), Unknown, Unreachable),
        ((500, "null"), Unknown, Unreachable),
        ((502, HTML), Unknown, Unreachable),
        ((200, HTML), Unknown, Unreachable),
        ((200, "null"), Unknown, Unreachable),
        ((200, "[]"), Unknown, Unreachable),
        ((200, '{"status": "ok"}'), Unknown, Unreachable),
        ((200, '{"status": "err", "response": {}}'), Unknown, Unreachable),
        (
            (200, '{"status": "ok", "response": {"type": "order", "data": {"statuses": []}}}'),
            Unknown,
            Unreachable,
        ),
        (None, Unknown, Unreachable),
    ],
)
def test_bad_answers(
    scripted: Scripted,
    answer: Answer,
    for_action: type[ExchangeError],
    for_question: type[ExchangeError],
) -> None:
    scripted.say_raw("order", answer)
    scripted.say_raw("clearinghouseState", answer)
    with pytest.raises(for_action) as action:
        run(scripted.url, lambda exchange: exchange.place([order(), order(IDS[1])], EXPIRES))
    with pytest.raises(for_question):
        run(scripted.url, lambda exchange: exchange.account_state("SOL"))
    assert "\n" not in str(action.value)
    assert len(scripted.asked("order")) == 1


def test_the_wait_that_the_exchange_asks_for(scripted: Scripted) -> None:
    scripted.say_raw("metaAndAssetCtxs", (429, "null", {"Retry-After": "7"}))
    with pytest.raises(RateLimited) as limit:
        run(scripted.url, lambda exchange: exchange.instruments())
    assert limit.value.retry_after == 7


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("Action already expired", Rejected),
        ("Invalid nonce: duplicate nonce 1764221206959", Unknown),
        ("User or API Wallet 0x12 does not exist.", Rejected),
        ("Too many cumulative requests sent (97460 > 97456) for cumulative volume traded $8.", RateLimited),
    ],
)
def test_whole_actions_refused(scripted: Scripted, text: str, error: type[ExchangeError]) -> None:
    for kind in ("order", "cancelByCloid", "updateLeverage"):
        scripted.say(kind, {"status": "err", "response": text})
    calls: list[Callable[[HyperliquidExchange], Awaitable[Any]]] = [
        lambda exchange: exchange.place([order()], EXPIRES),
        lambda exchange: exchange.cancel("SOL", IDS, EXPIRES),
        lambda exchange: exchange.set_leverage("SOL", 3, EXPIRES),
    ]
    for call in calls:
        with pytest.raises(error, match=text.split("(")[0]):
            run(scripted.url, call)


def test_one_error_for_several_cancels(scripted: Scripted) -> None:
    scripted.say("cancelByCloid", ok({"error": "Trading is halted"}))
    with pytest.raises(Rejected, match="halted"):
        run(scripted.url, lambda exchange: exchange.cancel("SOL", IDS, EXPIRES))


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(Unreachable, match="refused"):
        run(url, lambda exchange: exchange.place([order()], EXPIRES))


def test_the_feed_hurries_when_the_venue_answers_again(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurried: list[int] = []
    monkeypatch.setattr(Feed, "hurry", lambda _: hurried.append(len(scripted.requests)))

    async def use(exchange: HyperliquidExchange) -> None:
        await exchange.instruments()
        assert hurried == [], "it has been there all along"
        for answer in (None, (503, "no"), (301, "{}"), (200, "<html>")):
            scripted.say_raw("frontendOpenOrders", answer)
            for _ in range(2):
                with pytest.raises(Unreachable):
                    await exchange.open_orders("SOL")
            assert hurried == []
            scripted.say("frontendOpenOrders", [])
            for _ in range(2):
                await exchange.open_orders("SOL")
            assert hurried.pop() == len(scripted.requests) - 1

    run(scripted.url, use)


def test_gone_after_opening(scripted: Scripted) -> None:
    async def use(exchange: HyperliquidExchange) -> None:
        await exchange.open()
        await asyncio.to_thread(scripted.close)
        await exchange.place([order()], EXPIRES)

    with pytest.raises(Unreachable, match="refused"):
        run(scripted.url, use)


def test_no_answer_to_a_question(stalled: str) -> None:
    with pytest.raises(Unreachable, match="in time"):
        run(stalled, lambda exchange: exchange.instruments(), timeout=0.05)


def test_no_answer_to_an_action(scripted: Scripted) -> None:
    asked, release = threading.Event(), threading.Event()

    def stall(_: object) -> None:
        asked.set()
        release.wait(10)

    scripted.answers["order"] = stall
    with pytest.raises(Unknown, match="in time"):
        run(scripted.url, lambda exchange: exchange.place([order()], EXPIRES), timeout=1.0)
    assert asked.wait(5)
    release.set()


def test_a_slow_question_holds_up_no_order(scripted: Scripted) -> None:
    asked, release = threading.Event(), threading.Event()

    def stall(_: object) -> tuple[int, str]:
        asked.set()
        release.wait(10)
        return 200, "[]"

    scripted.answers["frontendOpenOrders"] = stall
    scripted.say("order", ok({"resting": {"oid": 1}}))

    async def use(exchange: HyperliquidExchange) -> None:
        await exchange.open()
        slow = asyncio.gather(*(exchange.open_orders("SOL") for _ in range(8)))
        await asyncio.to_thread(asked.wait, 5)
        assert await exchange.place([order()], EXPIRES) == (Resting(1),)
        assert not slow.done()
        release.set()
        assert await slow == [()] * 8

    run(scripted.url, use)


def test_a_failing_action_shows_no_key(scripted: Scripted) -> None:
    scripted.say_raw("order", (502, HTML))
    with pytest.raises(Unknown) as failure:
        run(scripted.url, lambda exchange: exchange.place([order()], EXPIRES))
    output = io.StringIO()
    traceback = (type(failure.value), failure.value, failure.value.__traceback__)
    shown = Traceback.from_exception(*traceback, show_locals=True, max_frames=0)
    Console(file=output, width=400).print(shown)
    assert failure.value.__cause__ is not None
    assert "locals" in output.getvalue()
    assert SECRET not in output.getvalue()


def test_closing_lets_waiting_actions_go_unsent(scripted: Scripted) -> None:
    asked, release = threading.Semaphore(0), threading.Event()

    def stall(_: object) -> Answer:
        asked.release()
        release.wait(10)
        return 200, json.dumps(ok({"resting": {"oid": 1}}))

    scripted.answers["order"] = stall

    async def main() -> None:
        exchange = HyperliquidExchange(paper(scripted.url), KEY)
        await exchange.open()
        *sent, waiting = (asyncio.create_task(exchange.place([order()], EXPIRES)) for _ in range(5))
        for _ in sent:
            assert await asyncio.to_thread(asked.acquire, timeout=5)
        closing = asyncio.create_task(exchange.close())
        await asyncio.sleep(0)
        release.set()
        await closing
        assert [await each for each in sent] == [(Resting(1),)] * 4
        with pytest.raises(Unreachable, match="closed"):
            await waiting

    asyncio.run(main())
    assert len(scripted.asked("order")) == 4


def test_an_action_without_an_answer_is_in_no_other_ones_way(scripted: Scripted) -> None:
    asked, release = threading.Event(), threading.Event()

    def stall(_: object) -> Answer:
        asked.set()
        release.wait(10)
        return 200, json.dumps(ok("success"))

    scripted.answers["cancelByCloid"] = stall
    scripted.say("order", ok({"resting": {"oid": 1}}))

    async def use(exchange: HyperliquidExchange) -> None:
        await exchange.open()
        cancel = asyncio.create_task(exchange.cancel("SOL", IDS[:1], EXPIRES))
        await asyncio.to_thread(asked.wait, 5)
        assert await exchange.place([order()], EXPIRES) == (Resting(1),)
        assert not cancel.done()
        release.set()
        assert await cancel == (CancelOutcome.CANCELLED,)

    run(scripted.url, use)


def test_actions_without_an_answer_are_in_no_other_markets_way(scripted: Scripted) -> None:
    asked, release = threading.Semaphore(0), threading.Event()

    def stall(body: Any) -> Answer:
        if body["action"]["orders"][0]["a"] == 2:
            asked.release()
            release.wait(10)
        return 200, json.dumps(ok({"resting": {"oid": 1}}))

    scripted.answers["order"] = stall

    async def use(exchange: HyperliquidExchange) -> None:
        await exchange.open()
        stalled = [asyncio.create_task(exchange.place([order()], EXPIRES)) for _ in range(5)]
        for _ in range(4):
            assert await asyncio.to_thread(asked.acquire, timeout=5)
        assert await exchange.place([order(symbol="BTC")], EXPIRES) == (Resting(1),)
        assert not any(each.done() for each in stalled)
        release.set()
        await asyncio.gather(*stalled)

    run(scripted.url, use)


def test_a_stop_waits_for_nothing_that_other_trades_have_sent(scripted: Scripted) -> None:
    """However many cancels, buys and questions of other trades nobody answers."""
    asked, release = threading.Semaphore(0), threading.Event()
    stop = Order(
        IDS[1],
        "BTC",
        Side.SELL,
        Decimal(1),
        OrderType.STOP_MARKET,
        Decimal(90),
        Decimal(100),
        reduce_only=True,
    )

    def stall(body: dict[str, Any]) -> Answer:
        if not body["action"].get("orders", [{"r": False}])[0]["r"]:
            asked.release()
            release.wait(10)
        statuses = ["success"] if "cancels" in body["action"] else [{"resting": {"oid": 1}}]
        return 200, json.dumps(ok(*statuses))

    scripted.answers["cancelByCloid"] = scripted.answers["order"] = stall

    async def use(exchange: HyperliquidExchange) -> None:
        await exchange.open()
        cancels = [asyncio.create_task(exchange.cancel("SOL", IDS[:1], EXPIRES)) for _ in range(10)]
        buys = [asyncio.create_task(exchange.place([order()], EXPIRES)) for _ in range(10)]
        for _ in range(4):
            assert await asyncio.to_thread(asked.acquire, timeout=5)
        async with asyncio.timeout(5):
            assert await exchange.place([stop], EXPIRES) == (Resting(1),)
        assert not any(each.done() for each in cancels + buys)
        release.set()
        await asyncio.gather(*cancels, *buys)

    run(scripted.url, use)


def test_a_closed_client_sends_nothing(scripted: Scripted) -> None:
    async def use(exchange: HyperliquidExchange) -> None:
        await exchange.close()
        with pytest.raises(Unreachable, match="closed"):
            await exchange.instruments()

    run(scripted.url, use)
    assert scripted.requests == []


OTHER = "0x" + "ee" * 20


def test_the_key_of_an_agent(scripted: Scripted) -> None:
    scripted.say("extraAgents", [])
    scripted.say("userRole", {"role": "agent", "data": {"user": OTHER.upper().replace("X", "x")}})
    run(scripted.url, lambda exchange: exchange.open(), OTHER.upper().replace("X", "x"))


def test_the_key_of_a_named_agent(scripted: Scripted) -> None:
    scripted.say("extraAgents", [{"name": "ladder", "address": KEY.address, "validUntil": None}])
    run(scripted.url, lambda exchange: exchange.open(), OTHER)
    assert scripted.asked("userRole") == [], "the dearest of all questions"


def test_the_agents_of_an_account_are_asked_for_once(scripted: Scripted) -> None:
    scripted.say("extraAgents", [{"name": "ladder", "address": KEY.address, "validUntil": 5}])
    scripted.say("userFees", {"userCrossRate": "0.00045"})

    async def use(exchange: HyperliquidExchange) -> int | None:
        await exchange.open()
        return (await exchange.standing()).signer.valid_until

    assert run(scripted.url, use, OTHER) == 5
    assert len(scripted.asked("extraAgents")) == 1


@pytest.mark.parametrize("role", [{"role": "missing"}, {"role": "agent", "data": {"user": "0x" + "dd" * 20}}])
def test_a_key_that_may_not_act_for_the_account(scripted: Scripted, role: dict[str, Any]) -> None:
    scripted.say("userRole", role)
    scripted.say("extraAgents", [])
    with pytest.raises(Rejected) as refusal:
        run(scripted.url, lambda exchange: exchange.place([order()], EXPIRES), OTHER)
    assert KEY.address in str(refusal.value)
    assert OTHER in str(refusal.value)
    assert scripted.asked("order") == []


@pytest.mark.parametrize("by", ["master", "agent"])
def test_a_sub_account_is_traded_by_its_masters_key_or_agent(scripted: Scripted, by: str) -> None:
    master = KEY.address if by == "master" else "0x" + "dd" * 20
    named = [{"name": "ladder", "address": KEY.address, "validUntil": 5}] if by == "agent" else []
    agents = {master: named}
    scripted.answers["extraAgents"] = lambda body: (200, json.dumps(agents.get(body["user"], [])))
    subs = {master: [{"name": "sub", "subAccountUser": OTHER.upper().replace("X", "x")}]}
    scripted.answers["subAccounts"] = lambda body: (200, json.dumps(subs.get(body["user"])))
    if by == "agent":
        scripted.say("userRole", {"role": "agent", "data": {"user": master}})
    scripted.say("order", {"status": "ok", "response": {"data": {"statuses": [{"resting": {"oid": 1}}]}}})

    async def use(exchange: HyperliquidExchange) -> Signer:
        await exchange.place([order()], EXPIRES)
        return await exchange.signer()

    signer = run(scripted.url, use, OTHER)
    (sent,) = [body for path, body in scripted.requests if path == "/exchange"]
    assert sent["vaultAddress"] == OTHER
    assert signer == (Signer(KEY.address) if by == "master" else Signer(KEY.address, "ladder", 5))


def test_a_key_that_was_revoked(scripted: Scripted) -> None:
    bot = {"name": "ladder", "address": KEY.address, "validUntil": 5}
    scripted.say("extraAgents", [bot])

    async def use(exchange: HyperliquidExchange) -> tuple[Signer, Signer]:
        await exchange.open()
        before = await exchange.signer()
        scripted.say("extraAgents", [])
        return before, await exchange.signer()

    before, after = run(scripted.url, use, OTHER)
    assert before == Signer(KEY.address, "ladder", 5)
    assert after == Signer(KEY.address, "ladder", 5, may_act=False)


def test_an_unnamed_key_that_was_revoked(scripted: Scripted) -> None:
    scripted.say("extraAgents", [])
    scripted.say("userRole", {"role": "agent", "data": {"user": OTHER}})

    async def use(exchange: HyperliquidExchange) -> list[bool]:
        await exchange.open()
        before = await exchange.signer()
        scripted.say("userRole", {"role": "missing"})
        return [before.may_act, (await exchange.signer()).may_act]

    assert run(scripted.url, use, OTHER) == [True, False]


def test_an_agent_named_as_the_account(scripted: Scripted) -> None:
    scripted.say("userRole", {"role": "agent", "data": {"user": OTHER}})
    with pytest.raises(Rejected, match=f"only an agent of {OTHER}"):
        run(scripted.url, lambda exchange: exchange.open())


def fill(number: int, time_: int, coin: str = "SOL") -> dict[str, Any]:
    return {
        "coin": coin,
        "px": "100",
        "sz": "1",
        "side": "B",
        "time": time_,
        "oid": 1,
        "tid": number,
        "fee": "0.1",
    }


@pytest.mark.parametrize("page", [500, 2000])
def test_fills_are_paged_and_counted_once(scripted: Scripted, page: int) -> None:
    # Ten in a millisecond, so that pages end in the middle of one.
    fills = [fill(n, 1000 + n // 10, "BTC" if n % 3 == 0 else "SOL") for n in range(4321)]

    def answer(body: dict[str, Any]) -> tuple[int, str]:
        return 200, json.dumps([f for f in fills if f["time"] >= body["startTime"]][:page])

    scripted.answers["userFillsByTime"] = answer
    found = run(scripted.url, lambda exchange: exchange.fills_since("SOL", 1005))
    assert [f.trade_id for f in found] == [n for n in range(50, 4321) if n % 3]


def test_all_funding_is_found_however_many_markets_pay(scripted: Scripted) -> None:
    """The account holds thirty coins for a day, each paid by the hour."""
    rows = [
        {"time": hour, "hash": "0x0", "delta": {"type": "funding", "coin": coin, "usdc": f"-{hour}.5"}}
        for hour in range(24)
        for coin in (f"C{number}" for number in range(30))
    ]

    def answer(body: dict[str, Any]) -> tuple[int, str]:
        return 200, json.dumps([row for row in rows if row["time"] >= body["startTime"]][:500])

    scripted.answers["userFunding"] = answer
    found = run(scripted.url, lambda exchange: exchange.funding_since("C29", 3))
    assert [(paid.time, paid.amount) for paid in found] == [
        (hour, Decimal(f"-{hour}.5")) for hour in range(3, 24)
    ]


def test_all_transfers_are_found_however_the_pages_are_cut(scripted: Scripted) -> None:
    def moved(number: int) -> dict[str, Any]:  # seven in each millisecond
        delta = {"type": "deposit", "usdc": f"{number}.0"}
        return {"time": number // 7, "hash": "0x0", "delta": delta}

    rows = [moved(number) for number in range(1200)]

    def answer(body: dict[str, Any]) -> tuple[int, str]:
        return 200, json.dumps([row for row in rows if row["time"] >= body["startTime"]][:500])

    scripted.answers["userNonFundingLedgerUpdates"] = answer
    found = run(scripted.url, lambda exchange: exchange.transfers_since(20))
    assert [transfer.delta["usdc"] for transfer in found] == [f"{number}.0" for number in range(140, 1200)]


def test_a_page_that_repeats_ends_the_paging(scripted: Scripted) -> None:
    scripted.say("userFillsByTime", [fill(n, 7) for n in range(2000)])
    found = run(scripted.url, lambda exchange: exchange.fills_since("SOL", 0))
    assert len(found) == 2000
    assert len(scripted.asked("userFillsByTime")) == 2


def test_fills_newest_first_come_out_oldest_first(scripted: Scripted) -> None:
    scripted.say("userFillsByTime", [fill(2, 9), fill(1, 8)])
    found = run(scripted.url, lambda exchange: exchange.fills_since("SOL", 0))
    assert [f.time for f in found] == [8, 9]


def test_quotes(scripted: Scripted) -> None:
    quote = Quote(Decimal("100.5"), Decimal("100.4"), None)
    assert run(scripted.url, lambda exchange: exchange.quote("SOL")) == quote
    with pytest.raises(Rejected, match="no market 'NONE'"):
        run(scripted.url, lambda exchange: exchange.quote("NONE"))
    scripted.say("metaAndAssetCtxs", [META, []])
    with pytest.raises(Unreachable, match="not understood"):
        run(scripted.url, lambda exchange: exchange.quote("SOL"))


@pytest.mark.parametrize(("pause", "asks_between", "asked"), [(1.9, 0, 1), (2.1, 0, 2), (0, 1, 2)])
def test_the_prices_that_came_with_the_markets_are_good_for_the_next_question_only(
    scripted: Scripted, pause: float, asks_between: int, asked: int
) -> None:
    now = 0.0
    scripted.say("userFees", {"userCrossRate": "0.00045"})

    async def use(exchange: HyperliquidExchange) -> None:
        nonlocal now
        await exchange.open()
        await exchange.instruments()
        now += pause
        for _ in range(asks_between):
            await exchange.standing()
        await exchange.quote("SOL")
        assert len(scripted.asked("metaAndAssetCtxs")) == asked
        await exchange.quote("SOL")
        assert len(scripted.asked("metaAndAssetCtxs")) == asked + 1, "never good twice"

    run(scripted.url, use, pace=Pace(clock=lambda: now))
