"""The scenes that the console's tests show: what happens to a trade until it is in the state to be shown."""

from __future__ import annotations

import asyncio
from decimal import Decimal as D

from hypertui.core.intents import IntentVerb
from hypertui.execution.timing import Timing
from hypertui.execution.trade_config import Consent, TradeConfig
from hypertui.guard_settings import GuardSettings
from hypertui.intents.gate import SourceRules
from hypertui.port.commands import Verb
from hypertui.port.snapshot import Network
from hypertui.strategy.bracket.entry import EntryRules
from hypertui.strategy.bracket.terms import BracketTerms
from hypertui.strategy.exits.rules import ExitRules
from hypertui.strategy.exits.trailing import TrailingTerms
from hypertui.strategy.ladder.plan import Reinvest
from hypertui.webhook.hook_settings import HookSettings
from tests.support.ladders import changed, ladder_config
from tests.support.stage import Play, Script, Stage

BTC = "BTC"
_CALM = Timing(beat=2_000)  # a look at what time alone changes every two seconds is often enough
_PAPER = ladder_config(Network.PAPER, BTC, D(500), D(25_600), 5, timing=_CALM)
_TESTNET = changed(_PAPER, network=Network.TESTNET)
_EXITS = ExitRules(D("0.1"), D("0.06"), D("0.15"), signal_exit=True, time_stop=48 * 3_600_000, native=False)
_GUARDS = GuardSettings(daily_loss="250", max_position="30000").rules(own_market=False)
_MAINNET = changed(_PAPER, network=Network.MAINNET, exits=_EXITS)
_TOLD = changed(_MAINNET, by_signal=True)
_GUARDED = changed(_MAINNET, guards=_GUARDS)
_PRICES = {BTC: D(63_999), "ETH": D(2_999), "SOL": D("149.8"), "HYPE": D("39.99")}
# A position so small that the first loss leaves less than an order for a slot.
_TINY = changed(_MAINNET, position_size=D("46.5"), reinvest=Reinvest.CONTINUOUS)
# Units that the fees of a round trip eat up.
_NARROW = changed(_TESTNET, unit_size=D(50), consent=Consent.ASKED)
_BESIDE = (
    ladder_config(Network.PAPER, "ETH", D(25), D(12_500), 10, timing=_CALM),
    ladder_config(Network.PAPER, "SOL", D("0.5"), D(2_000), 20, name="sol-swing", timing=_CALM),
)
_FOURTH = ladder_config(Network.PAPER, "HYPE", D("0.4"), D(1_000), 5, timing=_CALM)

_TRAIL = TrailingTerms(arm=D("0.01"), multiple=D(2), step=D("0.5"), least=D("0.005"), most=D("0.008"))
_BRACKET = TradeConfig(
    Network.TESTNET,
    BTC,
    5,
    BracketTerms(D(25_600), D("0.03"), EntryRules(), D(63_500), False, 30 * 60_000, settled_at=_PRICES[BTC]),
    timing=_CALM,
    exits=ExitRules(D("0.03"), take_profit=D("0.02"), trailing_stop=_TRAIL),
)


def _hook(name: str, *verbs: IntentVerb) -> HookSettings:
    """One that may act on mainnet, once it is armed."""
    return HookSettings(SourceRules(name, BTC, frozenset(verbs), needs_arming=True), BTC)


_HOOKS = (
    _hook("tv-btc", IntentVerb.OPEN, IntentVerb.CLOSE),
    _hook("own", IntentVerb.PAUSE, IntentVerb.RESUME),
)


def _alone(
    name: str,
    script: Script,
    config: TradeConfig,
    seconds: float,
    hangs: float = 0.0,
    hooks: tuple[HookSettings, ...] = (),
) -> Play:
    return Play(name, script, (config,), {BTC: _PRICES[BTC]}, seconds, hangs=hangs, hooks=hooks)


# What happens, each until some state is reached


async def _cycle(stage: Stage) -> None:
    """All is sold on the way down and bought again on the way up; then somebody pauses for a while."""
    await stage.entered()
    await stage.walk(BTC, 64_180, 20)
    await stage.walk(BTC, 61_900, 56)
    await stage.walk(BTC, 62_150, 12)
    await stage.walk(BTC, 64_120, 72)
    await stage.order(Verb.PAUSE)
    await stage.walk(BTC, 64_320, 16)
    await stage.order(Verb.RESUME)


async def _retracement(stage: Stage) -> None:
    """Up by three units, with a feed that breaks for a moment, and down by one."""
    await _cycle(stage)
    await stage.walk(BTC, 65_640, 70)
    stage.cut(BTC, 2.5)
    await stage.walk(BTC, 65_590, 24)
    await stage.walk(BTC, 64_960, 36)
    await stage.walk(BTC, 65_180, 50)


async def _nothing(stage: Stage) -> None:
    """No question is answered."""
    stage.deafen(BTC)


async def _advance(stage: Stage) -> None:
    await _cycle(stage)
    await stage.walk(BTC, 65_640, 60)
    await stage.walk(BTC, 65_580, 30)
    await stage.walk(BTC, 66_060, 40)
    await stage.walk(BTC, 66_020, 30)


async def _decline(stage: Stage) -> None:
    await stage.entered()
    await stage.walk(BTC, 64_620, 40)
    await stage.walk(BTC, 64_560, 24)
    await stage.walk(BTC, 62_460, 90)
    await stage.walk(BTC, 62_240, 60)


async def _recovery(stage: Stage) -> None:
    """Half of the way up again, and a step down whose new buy is not answered."""
    await stage.entered()
    await stage.walk(BTC, 61_900, 70)
    await stage.walk(BTC, 62_150, 16)
    await stage.walk(BTC, 63_220, 60)
    await stage.walk(BTC, 63_540, 24)
    await stage.walk(BTC, 63_090, 20)
    await stage.until(16.0)
    stage.lose(BTC)
    await stage.walk(BTC, 62_980, 2)


async def _paused(stage: Stage) -> None:
    await _retracement(stage)
    await stage.until(75.0)
    await stage.order(Verb.START, who="jo@pts/4")
    await stage.until(60.0)
    await stage.order(Verb.PAUSE)
    await stage.walk(BTC, 65_240, 40)


async def _stale(stage: Stage) -> None:
    """The price has been silent for 12 s, and so has everything else."""
    await _retracement(stage)
    await stage.until(12.4)
    stage.deafen(BTC)
    await stage.until(2.0)
    stage.cut(BTC, 60.0)


async def _broken(stage: Stage) -> None:
    """Somebody places an order of his own and cancels two stops, whose successors the exchange refuses."""
    await _retracement(stage)
    await stage.until(90.0)
    stage.bid(BTC, "0.05", 60_000)
    await stage.order(Verb.RECONCILE)
    await stage.until(24.0)
    stage.ways[BTC].hush()
    stage.resize(stage.stops(BTC)[0], "0.05")
    stage.refuse()
    await stage.order(Verb.RECONCILE)
    await stage.until(20.0)
    stage.ways[BTC].hush(False)
    await stage.until(9.0)
    _bare(stage, BTC)


def _bare(stage: Stage, symbol: str) -> None:
    stage.refuse()
    stage.cancel(stage.stops(symbol)[-1])


async def _tripped(stage: Stage) -> None:
    """More is lost in a day than may be: the buys go, the stops stay and follow the price."""
    await stage.entered()
    await stage.walk(BTC, 63_470, 40)
    await stage.walk(BTC, 62_980, 40)
    await stage.walk(BTC, 63_570, 60)


async def _halted(stage: Stage) -> None:
    """The ladder gives up: what one slot has left buys less than an order."""
    await stage.entered()
    await stage.walk(BTC, 63_470, 40)
    await stage.walk(BTC, 64_060, 40)
    await stage.walk(BTC, 63_470, 40)
    await stage.walk(BTC, 63_620, 40)


async def _selling_out(stage: Stage) -> None:
    await _retracement(stage)
    await stage.order(Verb.SELL_OUT)
    await stage.walk(BTC, 65_620, 30)
    await stage.walk(BTC, 64_980, 40)
    await stage.walk(BTC, 65_180, 30)


async def _sold_out(stage: Stage) -> None:
    await _selling_out(stage)
    await stage.walk(BTC, 63_900, 60)


async def _flat(stage: Stage) -> None:
    await _retracement(stage)
    await stage.order(Verb.FLATTEN)
    await stage.walk(BTC, 65_120, 40)


async def _refused(stage: Stage) -> None:
    await _flat(stage)
    await stage.order(Verb.RESUME)


async def _stray(stage: Stage) -> None:
    """Paused while the price went on: a stop should trail, another buy should wait."""
    await _retracement(stage)
    await stage.order(Verb.PAUSE)
    await stage.walk(BTC, 64_470, 40)
    await stage.walk(BTC, 65_080, 40)


async def _waiting(stage: Stage) -> None:
    """Sells out; then all is to be sold at once, and the exchange does not answer."""
    await _retracement(stage)
    await stage.order(Verb.SELL_OUT)
    await stage.walk(BTC, 65_240, 30)
    await stage.until(8.0)
    stage.lose(BTC)
    await stage.order(Verb.FLATTEN)


async def _emptied(stage: Stage) -> None:
    """Paused while it sells out, and all stops fire."""
    await _cycle(stage)
    await stage.order(Verb.SELL_OUT)
    await stage.walk(BTC, 64_240, 20)
    await stage.order(Verb.PAUSE)
    await stage.walk(BTC, 61_900, 60)


async def _restarted(stage: Stage) -> None:
    """Paused, and taken up by another process."""
    await _retracement(stage)
    await stage.order(Verb.PAUSE, who="root")
    await stage.walk(BTC, 65_220, 20)
    await stage.restart()
    await stage.entered()


async def _nobody(stage: Stage) -> None:
    """A bracket waits to be told."""
    await stage.entered()


async def _asking(stage: Stage) -> None:
    """Nobody has answered yet."""


async def _adopting(stage: Stage) -> None:
    """There is a position already."""
    stage.trade(BTC, "0.4")


async def _desk(stage: Stage) -> None:
    """Three trades; one of them loses a stop that the exchange does not let it replace."""
    await stage.entered()
    await stage.walk("ETH", 3_058, 40)
    await stage.walk("SOL", "148.9", 40)
    await stage.walk(BTC, 64_640, 30)
    await stage.walk(BTC, 63_980, 30)
    await stage.walk("SOL", "149.7", 30)
    await stage.walk("ETH", 3_046, 30)
    await stage.until(9.0)
    _bare(stage, "SOL")


async def _over(stage: Stage) -> None:
    """Beside one that goes on, one trade is halted by hand, one was not begun, and one is sold out."""
    stage.trade("SOL", "1")
    await stage.until(100.0)
    await stage.order(Verb.HALT, "ETH")
    await stage.order(Verb.SELL_OUT, "HYPE")
    await stage.walk("HYPE", "38.2", 60)


async def _entering(stage: Stage) -> None:
    """A bracket is told to enter, and its order rests below the price."""
    await stage.entered()
    await stage.walk(BTC, 63_940, 20)
    await stage.order(Verb.OPEN)
    await stage.walk(BTC, 63_960, 20)


async def _filled(stage: Stage) -> None:
    """A bracket has bought in a fall."""
    await _entering(stage)
    await stage.walk(BTC, 63_460, 20)


async def _bought(stage: Stage) -> None:
    """The price has risen until its stop trails."""
    await _filled(stage)
    await stage.walk(BTC, 64_480, 70)
    await stage.walk(BTC, 64_340, 20)


async def _cooling(stage: Stage) -> None:
    """The stop that trailed has sold it, and it waits."""
    await _bought(stage)
    await stage.walk(BTC, 63_700, 40)


async def _told(stage: Stage) -> None:
    """The trade waits until an alert of a source that an operator has armed opens it; it comes twice."""
    await asyncio.sleep(12)
    await stage.order(Verb.ARM, source="tv-btc")
    await asyncio.sleep(3)
    await _buy(stage)
    await asyncio.sleep(5)
    await _buy(stage, 5.0)
    await stage.entered()


async def _buy(stage: Stage, ago: float = 0.0) -> None:
    """What a strategy sends that was flat so many seconds ago, and has bought."""
    positions = {"prev_market_position": "flat", "market_position": "long"}
    await stage.sources.alert("tv-btc", "buy", ago, **positions)


async def _alerted(stage: Stage) -> None:
    """The trade that an alert has opened goes on; meanwhile its sender wants to open it once more, as it has
    never told of a sale, and a stranger guesses secrets."""

    async def missed() -> None:
        await stage.until(192.0)
        await _buy(stage)
        for secret in ("secret", "tradingview", "0" * 64):
            await asyncio.sleep(4)
            await stage.sources.intrude("tv-btc", secret)

    await _told(stage)
    async with asyncio.TaskGroup() as together:
        together.create_task(missed())
        await _retracement(stage)


async def _alerted_before(stage: Stage) -> None:
    """Nothing has been heard of a source since the engine was restarted."""
    await _told(stage)
    await stage.until(20.0)
    await stage.restart()
    await stage.entered()


PLAYS = {
    play.name: play
    for play in (
        _alone("starting", _nothing, _TESTNET, 1.2),
        _alone("running", _retracement, _PAPER, 400.0),
        _alone("advance", _advance, _PAPER, 400.0),
        _alone("decline", _decline, _MAINNET, 240.0),
        _alone("recovery", _recovery, _TESTNET, 240.0),
        _alone("paused", _paused, _TESTNET, 460.0),
        _alone("stale", _stale, _PAPER, 400.0),
        _alone("broken", _broken, _MAINNET, 460.0),
        _alone("tripped", _tripped, _GUARDED, 200.0),
        _alone("halted", _halted, _TINY, 200.0),
        _alone("silent", _retracement, _TESTNET, 400.0, hangs=12.4),
        _alone("selling_out", _selling_out, _MAINNET, 480.0),
        _alone("sold_out", _sold_out, _PAPER, 520.0),
        _alone("flat", _flat, _PAPER, 440.0),
        _alone("refused", _refused, _PAPER, 440.0),
        _alone("stray", _stray, _TESTNET, 480.0),
        _alone("waiting", _waiting, _PAPER, 440.0),
        _alone("emptied", _emptied, _PAPER, 300.0),
        _alone("restarted", _restarted, _TESTNET, 420.0),
        _alone("asking", _asking, _NARROW, 20.0),
        _alone("adopting", _adopting, changed(_NARROW, adopt=None), 20.0),
        _alone("bracket", _nobody, _BRACKET, 60.0),
        _alone("entering", _entering, _BRACKET, 60.0),
        _alone("filled", _filled, _BRACKET, 90.0),
        _alone("bought", _bought, _BRACKET, 220.0),
        _alone("cooling", _cooling, _BRACKET, 300.0),
        _alone("alerted", _alerted, _TOLD, 420.0, hooks=_HOOKS),
        _alone("alerted_before", _alerted_before, _TOLD, 300.0, hooks=_HOOKS),
        Play("desk", _desk, (_PAPER, *_BESIDE), _PRICES, 260.0),
        Play("over", _over, (_PAPER, *_BESIDE, _FOURTH), _PRICES, 120.0),
    )
}
