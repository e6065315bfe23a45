"""The key map: every key of the console with its words, from which bindings, key bar and help are made."""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding, BindingType


@dataclass(frozen=True, slots=True)
class Key:
    """A key, the action it starts, what the key bar calls it (long and short) and what the help says."""

    key: str
    action: str
    label: str
    short: str
    help: str
    shown: str = ""  # how the key is written, if not as it is named
    in_bar: bool = True

    @property
    def written(self) -> str:
        return self.shown or self.key


KEYS = (
    Key("p", "pause", "Pause", "Pause", "no new buys; what is held stays protected, a buy that fires too"),
    Key("r", "resume", "Resume", "Resume", "take up trading again; says first what it will do"),
    Key("b", "cancel_buys", "Cancel buys", "Buys", "cancel the buys, keep the stops, then stay paused"),
    Key("o", "sell_out", "", "", "sell out: no buys, the stops trail, the end when flat", in_bar=False),
    Key("A", "adopt", "", "", "take over what the venue holds, when others traded here", in_bar=False),
    Key("c", "reconcile", "", "", "compare orders and fills with the venue now", in_bar=False),
    Key("F", "flatten", "FLATTEN…", "FLAT…", "cancel the buys, sell all at market, cancel the stops, halt"),
    Key("X", "cancel_all", "CANCEL ALL…", "ALL…", "cancel every order, the stops too: the position is bare"),
    Key("H", "halt", "HALT…", "HALT…", "touch nothing any more: no order is placed, moved or cancelled"),
    Key("up", "scroll(-1)", "Map", "Map", "move the position map; pgup and pgdn by a page", "↑↓"),
    Key("down", "scroll(1)", "", "", "", in_bar=False),
    Key("pageup", "scroll_page(-1)", "", "", "", in_bar=False),
    Key("pagedown", "scroll_page(1)", "", "", "", in_bar=False),
    Key("home", "follow", "", "", "let the position map follow the current unit again", in_bar=False),
    Key("question_mark", "help", "Help", "Help", "this page", "?"),
    Key("q", "quit_dialog", "Quit", "Quit", "leave: asks what becomes of the orders"),
    Key("ctrl+c", "quit_hint", "", "", "", in_bar=False),
)

BAR_KEYS = tuple((key.written, key.label, key.short) for key in KEYS if key.in_bar)

HELP_KEYS = tuple((key.written, key.help) for key in KEYS if key.help)


def bindings() -> list[BindingType]:
    """The bindings of the app; their ids are what a key map can refer to."""
    return [
        Binding(
            key.key,
            key.action,
            key.label or key.action,
            show=False,
            id=f"console.{key.action.replace('(', '.').replace(')', '')}",
            tooltip=key.help,
        )
        for key in KEYS
    ]


GLOSSARY = (
    ("unit", "a step of price; unit 0 is the entry, the current unit the last one the price touched"),
    ("slot", "one of four shares: long (coins under one stop) or cash (armed with one stop-buy)"),
    ("k", "how many of the four slots are long"),
    ("fragment", "the value in USD that one cash slot buys"),
    ("advance", "all four slots long: each unit up moves the lowest stop up"),
    ("retracement", "fallen from an advance: some slots sold, buys wait above"),
    ("decline", "all four slots cash: each unit down moves the highest buy down"),
    ("recovery", "rising from a decline: some slots have bought again"),
    ("round trip", "a sale and the buy that refills its slot"),
    ("whipsaw cost", "what the round trips lost that bought back higher than they sold"),
    ("invariant", "four working orders, no unit twice, the stops cover every coin"),
    ("settling", "something sent is not proven yet; until then the orders may differ"),
)
