"""The console's colours: greys for what is normal, blue and orange for gain and loss, red for alarms only."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="hypertui-dark",
    primary="#8a939c",
    secondary="#6f7882",
    foreground="#c3c8cd",
    background="#101316",
    surface="#171b1f",
    panel="#22272c",
    warning="#e5d15c",
    error="#d43a3a",
    success="#8a939c",
    accent="#e8ebee",
    dark=True,
    variables={
        "quiet": "#7d868f",
        "edge": "#353c43",
        "strong": "#f2f4f6",
        "ground-here": "#262d34",
        "gain": "#5cb3ec",
        "loss": "#eaa22b",
        "ground-paper": "#4a5158",
        "ground-testnet": "#1f5f96",
        "ground-mainnet": "#d9822b",
    },
)
