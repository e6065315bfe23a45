"""The preflight page: the findings before a trade, and the keys that start it or leave."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import BLANK, Line, Span, Tone, line, wrap
from hypertui.console.screens.dialog import DEAF_FOR
from hypertui.console.widgets.panel import Panel
from hypertui.core.findings import Finding, Level
from hypertui.port.commands import Verb
from hypertui.port.snapshot import Network

if TYPE_CHECKING:
    from hypertui.console.host import Host

_MARKS = {
    Level.RED: Span("✗ ", Tone.CRITICAL),
    Level.AMBER: Span("‼ ", Tone.WARNING),
    Level.GREEN: Span("✓ ", Tone.TEXT),
    Level.INFO: Span("· ", Tone.DIM),
}
_ROLES = {Level.RED: Tone.CRITICAL, Level.AMBER: Tone.WARNING}
_BADGES = {
    Network.PAPER: Tone.PAPER,
    Network.TESTNET: Tone.TESTNET,
    Network.MAINNET: Tone.MAINNET,
}

# What is asked for: its key, and what that does.
_ANSWERS = {
    Verb.START: ("enter", "start the trade"),
    Verb.ADOPT: ("A", "import the position: the trade begins with it, at the exchange's entry price"),
}
_KEYS = {"enter": Verb.START, "A": Verb.ADOPT}


def page(frame: Frame, width: int, height: int) -> list[Line]:
    """The findings and the keys. Where there is little room, what is as it should be goes first."""
    snapshot = frame.snapshot
    head = [
        line(Span(f" {snapshot.network.upper()} ", _BADGES[snapshot.network]), "  before the trade"),
        BLANK,
    ]
    foot: list[Line] = [BLANK]
    if snapshot.asks is not None:
        key, does = _ANSWERS[snapshot.asks]
        foot += [line(Span(f"{key:<7}", Tone.KEY), row) for row in wrap(does, max(width - 7, 12))[:1]]
    foot.append(line(Span(f"{'q':<7}", Tone.KEY), "leave; nothing is placed"))
    shown = list(snapshot.findings)
    hidden = 0
    for level in (Level.GREEN, Level.INFO):
        while len(_rows(shown, width)) + (hidden > 0) > height - len(head) - len(foot):
            calm = next((finding for finding in reversed(shown) if finding.level is level), None)
            if calm is None:
                break
            shown.remove(calm)
            hidden += 1
    body = _rows(shown, width)
    if hidden:
        body.append(line(Span(f"  and {hidden} more that are as they should be", Tone.DIM)))
    return [*head, *body, *foot]


def _rows(findings: Sequence[Finding], width: int) -> list[Line]:
    lead = max((len(finding.name) for finding in findings), default=0) + 2
    rows: list[Line] = []
    for finding in findings:
        role = _ROLES.get(finding.level, Tone.TEXT)
        texts = wrap(fmt.clean(finding.text), max(width - lead - 2, 12))
        rows.append(
            line(_MARKS[finding.level], Span(f"{finding.name:<{lead}}", Tone.DIM), Span(texts[0], role))
        )
        rows += [line(" " * (lead + 2), Span(text, role)) for text in texts[1:]]
    return rows


class Preflight(ModalScreen[None]):
    """Shown while the engine waits for the operator; ignores keys typed before it could be read."""

    app: Host

    def __init__(self, clock: Callable[[], int], *, ascii: bool) -> None:
        super().__init__()
        self._clock = clock
        self._asked: tuple[Verb | None, tuple[Finding, ...]] = (None, ())
        self._asked_at = 0
        self._panel = Panel(page, id="preflight", ascii=ascii)
        self._panel.border_title = "PREFLIGHT"

    def compose(self) -> ComposeResult:
        yield self._panel

    def on_screen_resume(self) -> None:
        self.tick(self.app.frame)

    def tick(self, frame: Frame) -> None:
        """Show a frame. New findings have to be read first: keys are ignored for a moment again."""
        asked = (frame.snapshot.asks, frame.snapshot.findings)
        if asked != self._asked:
            self._asked, self._asked_at = asked, self._clock()
        self._panel.present(frame)

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        if self._clock() - self._asked_at < DEAF_FOR:
            return
        if event.key == "q":
            self.app.request_stop()
        else:
            verb = _KEYS.get(event.key)
            if verb is not None and verb is self._asked[0]:
                self.app.command(verb)
