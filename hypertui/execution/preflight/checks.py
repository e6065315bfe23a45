"""The preflight: what a trade would begin on, and what is wrong with it. Pure: it is told, it asks nobody.

Red is what the venue would refuse or liquidate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from hypertui.core.findings import Finding, Level
from hypertui.core.intents import IntentReason
from hypertui.core.market import ONE, Side, plain
from hypertui.core.phrases import at_price, counted, usd
from hypertui.exchange.protocol import Pooling, Standing
from hypertui.execution import key_watch
from hypertui.execution.preflight.limits import limits
from hypertui.execution.preflight.margin import Ground
from hypertui.port.snapshot import Network
from hypertui.runtime import clock_sync
from hypertui.runtime.clock_sync import ClockSync
from hypertui.strategy.exits.contradictions import contradictions, contradictions_at
from hypertui.strategy.plans import Rule

_LITTLE_DISK = 200_000_000  # bytes


def findings(ground: Ground) -> tuple[Finding, ...]:
    """Everything worth saying, the surroundings first, then the plan."""
    return tuple(_findings(ground))


def worst(found: Sequence[Finding], level: Level) -> Finding | None:
    """The first finding of that level."""
    return next((finding for finding in found if finding.level is level), None)


def _findings(ground: Ground) -> Iterator[Finding]:
    yield _network(ground)
    yield _hosts(ground.standing)
    yield _clock(ground.clock_sync)
    yield _key(ground)
    if ground.journal:
        yield Finding("journal", Level.GREEN, f"kept in {ground.journal}")
    if ground.disk_free is not None:
        yield _disk(ground.disk_free)
    if ground.goes_on or ground.remains is not None:
        yield from _held(ground)
        return
    kept = True
    for rule in ground.plan.rules():
        yield from _rule(rule)
        kept = kept and not rule.broken
    yield from _account(ground)
    if ground.standing.pooling is not Pooling.APART:
        yield _pooled(ground)
    if ground.atr is not None and ground.atr.wrong:
        yield Finding("ATR", Level.RED, ground.atr.wrong, ground.atr.figure, ground.atr.limit)
        return
    if not kept:
        return
    rules = list(ground.plan.rules_at(ground.entry, ground.coins if ground.adopting else None))
    for rule in rules:
        yield from _rule(rule)
    yield _margin(ground)
    yield from _exits(ground)
    yield from limits(ground)
    if not any(rule.broken for rule in rules):
        yield from ground.plan.outlook(ground.prospect)


def _network(ground: Ground) -> Finding:
    address = ground.address
    money = {
        Network.PAPER: "paper, no real money",
        Network.TESTNET: "testnet, no real money",
        Network.MAINNET: "MAINNET, real money",
    }[ground.network]
    text = f"{money}: account {address[:6]}…{address[-4:]} at {ground.standing.base_url}"
    return Finding("network", Level.INFO, text, ground.network.value)


def _hosts(standing: Standing) -> Finding:
    asked, heard = urlsplit(standing.base_url).netloc, urlsplit(standing.feed_url).netloc
    if asked == heard:
        return Finding("hosts", Level.GREEN, f"requests and feed both go to {asked}", heard, asked)
    text = f"requests go to {asked}, the feed comes from {heard}: they must be one"
    return Finding("hosts", Level.RED, text, heard, asked)


def _clock(clock: ClockSync) -> Finding:
    level = Level.RED if clock.too_far else Level.AMBER if clock.alarming else Level.GREEN
    limit = f"{(clock_sync.LIMIT if clock.too_far else clock_sync.ALARM) / 1000:g} s"
    words = f"the clocks agree within {limit}" if level is Level.GREEN else clock.in_words()
    words += ": set it right first" if clock.too_far else ""
    return Finding("clock", level, words, f"{abs(clock.offset or 0) / 1000:.1f} s", limit)


def _key(ground: Ground) -> Finding:
    signer = ground.standing.signer
    key, until = key_watch.named(signer), signer.valid_until
    if signer.address == ground.address:
        return Finding("key", Level.GREEN, "the account's own key signs")
    if until is None:
        return Finding("key", Level.INFO, f"{key} signs; the exchange does not say until when")
    figure, limit = f"{max(key_watch.days_left(until, ground.now), 0)} days", f"{key_watch.WARNED_DAYS} days"
    if until <= ground.now:
        return Finding("key", Level.RED, f"{key} expired on {key_watch.date(until)}", figure, limit)
    level = Level.AMBER if key_watch.ends_soon(until, ground.now) else Level.GREEN
    text = f"{key} signs until {key_watch.date(until)}, {figure} more"
    return Finding("key", level, text, figure, limit)


def _disk(free: int) -> Finding:
    level = Level.AMBER if free < _LITTLE_DISK else Level.GREEN
    text = f"{free / 1e6:,.0f} MB free for journal and log"
    if level is Level.AMBER:
        text += f", less than {_LITTLE_DISK / 1e6:.0f} MB"
    return Finding("disk", level, text, f"{free / 1e6:.0f} MB", f"{_LITTLE_DISK / 1e6:.0f} MB")


def _rule(rule: Rule) -> Iterator[Finding]:
    figure, limit = plain(rule.figure), plain(rule.limit)
    if rule.broken:
        yield Finding(rule.name, Level.RED, rule.broken, figure, limit)
    elif rule.name == "leverage" and rule.limit > ONE:
        yield Finding("leverage", Level.GREEN, f"leverage {figure}x of at most {limit}x", figure, limit)
    elif rule.name == "smallest stop":
        text = f"the smallest stop is worth {rule.figure:,.2f} USD, the exchange takes {limit} and more"
        yield Finding("smallest stop", Level.GREEN, text, figure, limit)


def _account(ground: Ground) -> Iterator[Finding]:
    symbol, position, count = ground.plan.instrument.symbol, ground.account.position, len(ground.orders)
    held, why = plain(position), f" ({ground.why})" if ground.why else ""
    account = f"the account {ground.address}"
    if ground.adopting:
        level = Level.INFO if ground.adopt else Level.AMBER
        text = (
            f"the account holds {held} {symbol}, bought at {at_price(ground.entry)}: the trade imports them"
        )
        yield Finding("position", level, text, held, "0")
    elif position:
        way = "close that position first"
        if ground.adoptable:
            way += ", or import it with --adopt"
        elif position > 0:
            way += f"; it cannot be adopted while {count} orders of others are live there"
        else:
            way += "; a short one cannot be adopted"
        text = f"{account} holds {held} {symbol} already; a trade starts from 0: {way}{why}"
        yield Finding("position", Level.RED, text, held, "0")
    elif ground.adopt:
        text = f"{account} holds no {symbol}: there is nothing to adopt"
        yield Finding("position", Level.RED, text, held, "more than 0")
    else:
        yield Finding("position", Level.GREEN, f"no position in {symbol}", "0", "0")
    if not count:
        yield Finding("orders", Level.GREEN, f"no live orders in {symbol}", "0", "0")
    elif ground.adopting:
        text = f"{counted(count, 'live stop')} of an earlier trade: the trade's own will replace them"
        yield Finding("orders", Level.INFO, text, str(count), "0")
    else:
        text = f"{account} has {count} live orders in {symbol} already; a trade starts from 0: "
        yield Finding("orders", Level.RED, f"{text}cancel them first{why}", str(count), "0")


def _held(ground: Ground) -> Iterator[Finding]:
    """What can be said of a trade that goes on, without knowing its books."""
    symbol, position = ground.plan.instrument.symbol, ground.account.position
    trade = ground.goes_on or f"a trade of {symbol} is on that no journal here knows: a start rebuilds it"
    yield Finding("trade", Level.INFO, trade)
    text = f"{plain(position)} {symbol} held, {len(ground.orders)} live orders"
    yield Finding("position", Level.INFO, text, plain(position))
    at = ground.account.liquidation_price
    stops = [
        order.trigger for order in ground.orders if order.side is Side.SELL and order.trigger is not None
    ]
    if at is not None and stops:
        last = min(stops)
        text = f"liquidation near {at:,.2f}, the last stop is at {at_price(last)}"
        level = Level.RED if at >= last else Level.GREEN
        yield Finding("liquidation", level, text, f"{at:.2f}", plain(last))


def _pooled(ground: Ground) -> Finding:
    """Said of an account whose perpetuals have no collateral of their own."""
    kind, equity = ground.standing.pooling.value, ground.account.cross.equity
    text = f"{kind}: the spot balance backs the trade with {equity:,.2f} USDC"
    if ground.standing.pooling is Pooling.PORTFOLIO:
        text += "; other collateral is not counted, it may fall with the price"
    return Finding("collateral", Level.INFO, text, f"{equity:.2f}")


def _margin(ground: Ground) -> Finding:
    if ground.adopting:
        return _adopted_margin(ground)
    plan, free = ground.plan, ground.free
    needed, most = ground.needed_together, ground.most_together
    kind = "isolated margin" if ground.isolated else "margin"
    text = (
        f"a position of {at_price(plan.position_size)} USD at {plan.leverage}x needs "
        f"{usd(ground.needed)} USD of {kind} and fee, {_with_others(ground)}"
        f"the account has {usd(free)} USD free"
    )
    level = Level.RED if needed > free else Level.GREEN
    if needed <= free < most:
        level = Level.AMBER
        text += f"; while a sale is not proven yet, its buy may be live too: then it needs {usd(most)} USD"
    return Finding("margin", level, text, f"{needed:.2f}", f"{free:.2f}", IntentReason.NO_MARGIN)


def _exits(ground: Ground) -> Iterator[Finding]:
    """What of the exits cannot be meant, now that the price is known."""
    if not ground.exits.wanted:
        return
    plan, entry, fee = ground.plan, ground.entry, ground.standing.taker_fee
    wrong = [
        *contradictions(ground.exits, plan.step / entry if plan.step else None, fee),
        *contradictions_at(ground.exits, entry, plan.instrument, fee, ground.liquidation()),
    ]
    yield from (Finding("exits", Level.RED, text) for text in wrong)
    if not wrong:
        yield Finding("exits", Level.INFO, ground.exits.in_words())


def _with_others(ground: Ground) -> str:
    if not ground.beside:
        return ""
    markets = ", ".join(plan.instrument.symbol for plan in ground.beside)
    return f"with what trades of {markets} will buy {usd(ground.needed_together)} USD, "


def _adopted_margin(ground: Ground) -> Finding:
    account, leverage, missing = ground.account, ground.plan.leverage, ground.missing
    kind = "isolated" if account.isolated else "cross"
    figure, limit = f"{leverage}x", f"{account.leverage}x"
    if missing > 0:
        where = "the position" if account.isolated else "the account"
        text = (
            f"the position has {kind} margin at {account.leverage}x, to lower that to {leverage}x {where} "
            f"lacks {missing:,.2f} USD of margin: add it, or say --leverage {account.leverage}"
        )
        return Finding("margin", Level.RED, text, figure, limit, IntentReason.NO_MARGIN)
    text = f"{kind} margin at {account.leverage}x"
    if leverage != account.leverage:
        text += f", set to {leverage}x"
    text += f": {account.position_margin:,.2f} USD in use for the position, {ground.free:,.2f} USD free"
    return Finding("margin", Level.INFO, text, figure, limit)
