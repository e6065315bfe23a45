"""The question about sources of intents: which is armed, or disarmed."""

from __future__ import annotations

from hypertui.console import format as fmt
from hypertui.console.lines import BLANK, Span, Tone, line
from hypertui.console.screens.question import CANCEL, Choice, Question
from hypertui.port.commands import Verb
from hypertui.port.intents import IntentsView, SourceView
from hypertui.port.snapshot import Snapshot

_NAME = 34  # columns


def arm(intents: IntentsView, now: int, snapshot: Snapshot) -> Question:
    """Which source is armed or disarmed; the answer is the verb and its name. Of no one trade."""
    found = [source for source in intents.sources if source.needs_arming]
    body = [line(Span(source.name.ljust(_NAME), Tone.STRONG), Span(_armed(source, now))) for source in found]
    choices = [
        Choice(str(number), f"disarm {source.name}", f"{Verb.DISARM} {source.name}")
        if source.is_armed(now)
        else Choice(str(number), f"arm {source.name}", f"{Verb.ARM} {source.name}")
        for number, source in enumerate(found, 1)
    ]
    says = line("While it is armed, a webhook may do what its table in the settings says.")
    basis = tuple((source.name, source.armed_until) for source in found)
    return Question("ARM a webhook", (*body, BLANK, says), (*choices, CANCEL), basis)


def not_armable(intents: IntentsView) -> str:
    """Why no source can be armed, in words; empty where one can."""
    return "" if any(source.needs_arming for source in intents.sources) else "no webhook needs arming here"


def _armed(source: SourceView, now: int) -> str:
    if not source.is_armed(now) or source.armed_until is None:
        return "not armed: its alerts are held"
    return f"armed for another {fmt.age(source.armed_until - now)}"
