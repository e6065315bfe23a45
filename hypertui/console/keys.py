"""The key map: every key with its action and texts; the source of bindings, key bar, help and palette."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Flag, auto

from hypertui.port.commands import Verb
from hypertui.port.engine import EngineView


class KeyBar(Flag):
    """The key bars that show a key: the main page's, the other pages', both, with room, a phone's; those of
    exits and guards and of signals beside the other pages'."""

    NONE = 0
    MAIN = auto()
    PAGES = auto()
    ROOM = auto()
    NARROW = auto()  # on a phone, which has room for these alone
    EXITS = auto()
    SIGNALS = auto()
    BOTH = MAIN | PAGES


@dataclass(frozen=True, slots=True)
class Key:
    """A key by its `id`, which a setting can give another `key`; the action it starts; what the key bar calls
    it (long and short) and what the help says. An action that begins with `screen.` is the shown screen's."""

    id: str
    key: str
    action: str
    label: str = ""
    short: str = ""
    help: str = ""
    shown: str = ""  # how the key is written, if not as it is named
    bar: KeyBar = KeyBar.NONE
    palette: bool = True  # whether the command palette offers it
    desk: bool = False  # only where the engine has several trades
    sources: bool = False  # only where the engine has signals, or sources of alerts
    bracket: bool = False  # only where the engine trades a bracket
    tab: str = ""  # the name of the screen that it shows
    verb: Verb | None = None  # what it orders

    @property
    def written(self) -> str:
        return self.shown or self.key


BRACKET = "bracket"  # the strategy's name
_BOTH, _MAIN, _PAGES = KeyBar.BOTH, KeyBar.MAIN, KeyBar.PAGES

KEYS = (
    Key(
        "pause",
        "p",
        "pause",
        "Pause",
        "Pause",
        "no new buys; if a waiting buy fills, it still gets a stop",
        bar=_BOTH | KeyBar.NARROW,
        verb=Verb.PAUSE,
    ),
    Key(
        "resume",
        "r",
        "resume",
        "Resume",
        "Resume",
        "resume trading, or selling out; says first what it will do",
        bar=_MAIN,
        verb=Verb.RESUME,
    ),
    Key(
        "cancel_buys",
        "b",
        "cancel_buys",
        "Cancel buys",
        "Buys",
        "cancel the buys, keep the stops, then stay paused",
        bar=_BOTH | KeyBar.NARROW,
        verb=Verb.CANCEL_BUYS,
    ),
    Key(
        "sell_out",
        "o",
        "sell_out",
        "Sell out",
        "Sell",
        "sell out: no buys, the stops trail, the end when flat",
        bar=KeyBar.ROOM,
        verb=Verb.SELL_OUT,
    ),
    Key(
        "open_position",
        "O",
        "open_position",
        "OPEN…",
        "OPEN…",
        "tell a flat bracket to enter now; says first what it buys, and where its stop will be",
        bar=_MAIN,
        bracket=True,
        verb=Verb.OPEN,
    ),
    Key(
        "adopt",
        "A",
        "adopt",
        "Adopt",
        "Adopt",
        "import a position opened elsewhere",
        verb=Verb.ADOPT,
    ),
    Key(
        "reconcile",
        "c",
        "reconcile",
        "Reconcile",
        "Recon",
        "compare orders and fills with the exchange now",
        verb=Verb.RECONCILE,
    ),
    Key(
        "flatten",
        "F",
        "flatten",
        "FLATTEN…",
        "FLAT…",
        "cancel the buys, sell all at market, cancel the stops, halt",
        bar=_BOTH | KeyBar.NARROW,
        verb=Verb.FLATTEN,
    ),
    Key(
        "cancel_all",
        "X",
        "cancel_all",
        "CANCEL ALL…",
        "ALL…",
        "cancel every order, the stops too: the position is unprotected",
        bar=_MAIN,
        verb=Verb.CANCEL_ALL,
    ),
    Key(
        "halt",
        "H",
        "halt",
        "HALT…",
        "HALT…",
        "touch nothing any more: no order is placed, moved or cancelled; exits go on",
        bar=_MAIN,
        verb=Verb.HALT,
    ),
    Key(
        "main",
        "1",
        "go('main')",
        help="main: the picture of the ladder with its orders, money, alarms and events",
        tab="Main",
    ),
    Key(
        "desk",
        "0",
        "go('desk')",
        help="desk: all trades; enter shows one of them, FLATTEN there sells all",
        desk=True,
        tab="Desk",
    ),
    Key("next_trade", "greater_than_sign", "step_trade(1)", help="the next trade", shown=">", desk=True),
    Key("previous_trade", "less_than_sign", "step_trade(-1)", help="the trade before", shown="<", desk=True),
    Key(
        "orders",
        "2",
        "go('orders')",
        help="orders: wanted, booked, at the exchange",
        tab="Orders",
    ),
    Key("ledger", "3", "go('ledger')", help="ledger: executions, lots, cycles and totals", tab="Ledger"),
    Key("map", "4", "go('map')", help="map: every unit, and its history", tab="Map"),
    Key("log", "6", "go('log')", help="log: what happened, and what operators did", tab="Log"),
    Key("health", "7", "go('health')", help="risk and health: limits, latency, alarms, tasks", tab="Health"),
    Key(
        "signals",
        "8",
        "go('signals')",
        help="signals: what the indicators say, who may want something, what became of it",
        sources=True,
        tab="Signals",
    ),
    Key(
        "exits",
        "9",
        "go('exits')",
        help="exits and guards: the rules that may end the trade, the limits on its risk",
        tab="Exits",
    ),
    Key(
        "rearm",
        "u",
        "rearm",
        "Re-arm…",
        "Re-arm",
        "reset a guard that has tripped; asks which, and why",
        bar=KeyBar.EXITS,
        verb=Verb.REARM,
    ),
    Key(
        "arm",
        "w",
        "arm",
        "Arm…",
        "Arm",
        "arm a signal or a webhook for 12 hours, or disarm it",
        bar=KeyBar.SIGNALS,
        sources=True,
        verb=Verb.ARM,
    ),
    Key(
        "acknowledge",
        "a",
        "acknowledge",
        "Ack",
        "Ack",
        "acknowledge the alarms: the bar turns quiet, the bell too",
        bar=_BOTH,
    ),
    Key("guide", "g", "hide_guide", help="hide the guide of a first trade", palette=False),
    Key("mute", "m", "mute", "Mute", "Mute", "no bell for 10 minutes; again: the bell is back"),
    Key(
        "up",
        "up",
        "screen.scroll(-1)",
        "Move",
        "Move",
        "move in a list or the position map; pgup and pgdn by a page",
        "↑↓",
        palette=False,
    ),
    Key("down", "down", "screen.scroll(1)", palette=False),
    Key("page_up", "pageup", "screen.scroll_page(-1)", palette=False),
    Key("page_down", "pagedown", "screen.scroll_page(1)", palette=False),
    Key(
        "longer",
        "right_square_bracket",
        "screen.stretch(1)",
        help="chart: more of the past, up to the whole trade",
        shown="]",
    ),
    Key(
        "shorter",
        "left_square_bracket",
        "screen.stretch(-1)",
        help="chart: less of the past, down to a minute",
        shown="[",
    ),
    Key(
        "home",
        "home",
        "screen.follow",
        help="back to the newest row; the position map follows the unit again",
        palette=False,
    ),
    Key(
        "open",
        "enter",
        "screen.open",
        "Details",
        "Det",
        "details of the row, and away with them",
        bar=_PAGES,
        palette=False,
    ),
    Key(
        "back",
        "escape",
        "screen.back",
        help="close details, zoom and filter, one at a time",
        shown="esc",
        palette=False,
    ),
    Key("focus", "tab", "screen.focus_next", help="the next panel: the one that moves and zooms"),
    Key("zoom", "z", "screen.zoom", "Zoom", "Zoom", "give the panel the whole screen, and back"),
    Key(
        "filter",
        "slash",
        "filter",
        "Filter",
        "Filter",
        "show only the rows that contain a text",
        "/",
        bar=_PAGES,
    ),
    Key("level", "l", "screen.level", help="log: all events, warnings and worse, critical ones"),
    Key("kind", "k", "screen.kind", help="log: one kind of event after the other"),
    Key("copy", "y", "screen.copy", "Copy", "Copy", "copy the row to the terminal's clipboard", bar=_PAGES),
    Key("screenshot", "s", "shoot", help="save the screen as SVG, the account's address left out"),
    Key("redraw", "ctrl+l", "redraw", help="write the whole screen anew", shown="^l"),
    Key(
        "palette",
        "ctrl+p",
        "command_palette",
        "Commands",
        help="find a command by its name",
        shown="^p",
        bar=KeyBar.ROOM,
        palette=False,
    ),
    Key("help", "question_mark", "help", "Help", "Help", "this page", "?", bar=_BOTH | KeyBar.NARROW),
    Key(
        "quit",
        "q",
        "quit_dialog",
        "Quit",
        "Quit",
        "leave: asks what becomes of the orders",
        bar=_BOTH | KeyBar.NARROW,
    ),
    Key("interrupt", "ctrl+c", "quit_hint", palette=False),
)

# What acts on the market: bound in a replay too, where each is refused.
OPERATOR_KEYS = frozenset(
    (
        "pause",
        "resume",
        "cancel_buys",
        "sell_out",
        "open_position",
        "adopt",
        "reconcile",
        "flatten",
        "cancel_all",
        "halt",
        "rearm",
        "arm",
    )
)

# Bound in a replay alone.
REPLAY_KEYS = (
    Key("replay_pause", "space", "replay('pause')", "Stop/go", "Go", "replay: stand or go on", bar=_BOTH),
    Key("replay_faster", "plus", "replay('faster')", "Faster", "Fast", "replay: faster", "+", bar=_BOTH),
    Key("replay_slower", "minus", "replay('slower')", "Slower", "Slow", "replay: slower", "-", bar=_BOTH),
    Key(
        "replay_next",
        "n",
        "replay('next')",
        "Next",
        "Next",
        "replay: to the next move or fill, and stand still",
        bar=_BOTH,
    ),
    Key(
        "replay_previous",
        "N",
        "replay('previous')",
        "Previous",
        "Prev",
        "replay: back to the move or fill before, and stand still",
        bar=_BOTH,
    ),
    Key("replay_seek", "t", "replay_seek", "Time", "Time", "replay: go to a time", bar=_BOTH),
    Key("replay_end", "e", "replay('end')", "End", "End", "replay: to the end of the trade", bar=_BOTH),
)

GLOSSARY = (
    ("unit", "a step of price; unit 0 is the entry, the current unit the last one the price touched"),
    ("slot", "one of four shares: long (coins under one stop) or cash (armed with one stop-buy)"),
    ("3 of 4 slots long", "three slots hold coins, one waits to buy; the desk says long 3/4"),
    ("buy size", "the value in USD that one cash slot buys"),
    ("advance", "all four slots long: each unit up moves the lowest stop up"),
    ("retracement", "fallen from an advance: some slots sold, buys wait above"),
    ("decline", "all four slots cash: each unit down moves the highest buy down"),
    ("recovery", "rising from a decline: some slots have bought again"),
    ("round trip", "a sale and the buy that refills its slot"),
    ("whipsaw cost", "what the round trips lost that bought back higher than they sold"),
    ("invariant", "four live orders, one a unit, the stops cover every coin"),
    ("protected", "the part of the position that live stops cover"),
    ("settling", "something sent is not proven yet; until then the orders may differ"),
    ("lot", "coins from one purchase; the oldest lot is sold first"),
    ("slippage", "what a fill's price cost against its trigger, per coin"),
)


def offered(keys: tuple[Key, ...], view: EngineView) -> tuple[Key, ...]:
    """Those that mean anything here: with one trade there is no desk, without alerts there are no sources,
    and what is no bracket is not told to enter."""
    there = {
        "desk": len(view.trades) > 1,
        "sources": bool(view.intents.sources or view.signals),
        "bracket": any(trade.strategy == BRACKET for trade in view.trades),
    }
    return tuple(key for key in keys if all(is_so or not getattr(key, of) for of, is_so in there.items()))
