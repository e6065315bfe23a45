"""An operator's yes to a verb, asked for as the console does or given beforehand."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from hypertui.cli import streams
from hypertui.cli.values import typed
from hypertui.console.screens import questions
from hypertui.console.screens.question import Question
from hypertui.console.screens.questions import BUILD
from hypertui.core.market import plain
from hypertui.core.redaction import harmless, printable
from hypertui.port.commands import Verb
from hypertui.port.snapshot import Network, Snapshot
from hypertui.server.client import ControlClient, NoEngine


class Confirmation:
    """Of a verb for one trade of the engine at `path`; `several` where it is asked for more than one."""

    def __init__(
        self, arguments: argparse.Namespace, path: Path, verb: Verb, trade: str, several: bool
    ) -> None:
        self._arguments = arguments
        self._path = path
        self._verb = verb
        self._trade = trade
        self._several = several

    def position(self) -> str | None:
        """The position (coins) that the answer rests on, None without a yes. Raises ValueError where nobody
        can be asked and nothing was said beforehand, NoEngine where the engine has gone."""
        for _ in range(2):
            snapshot, question = self._question()
            if refused := questions.refused(snapshot, self._verb):
                streams.complain(printable(f"{self._trade}: {refused}" if self._several else refused))
                return None
            if not (self._typed(snapshot, question) if question.phrase else self._agreed(snapshot, question)):
                return None
            # What is held may have changed while the operator was reading.
            now, again = self._question()
            if again.basis == question.basis:
                return plain(now.position)
            streams.complain("the position or the mode has changed meanwhile")
        return None

    def _question(self) -> tuple[Snapshot, Question]:
        # A connection of its own each time: whoever reads for long would find an older one cut.
        with ControlClient(self._path) as engine:
            view, _ = engine.status()
        snapshot = view.trade(self._trade)
        if snapshot is None:
            raise NoEngine(f"the engine has no trade {self._trade} any more")
        return snapshot, BUILD[self._verb](snapshot)

    def _typed(self, snapshot: Snapshot, question: Question) -> bool:
        said: str | None = self._arguments.confirm
        phrase = question.phrase
        if said is None:
            if not sys.stdin.isatty():
                where = f"{self._verb.value} on {snapshot.network.value}"
                raise ValueError(f'{where} is confirmed with --confirm "{phrase}" where there is no terminal')
            said = _ask(question, f"Type {phrase} to go on: ")
        if not self._says(said, phrase):
            raise ValueError(
                f"{self._verb.value} was not confirmed: {typed(said) or 'nothing'} is not {phrase}"
            )
        return True

    def _agreed(self, snapshot: Snapshot, question: Question) -> bool:
        if self._arguments.yes:
            return True
        said: str | None = self._arguments.confirm
        if said is not None:
            # What would have to be typed on mainnet is as good as a yes elsewhere.
            phrase = BUILD[self._verb](replace(snapshot, network=Network.MAINNET)).phrase
            if not self._says(said, phrase):
                raise ValueError(
                    f"{self._verb.value} was not confirmed: {typed(said)} is not {phrase or '--yes'}"
                )
            return True
        if not sys.stdin.isatty():
            raise ValueError(f"{self._verb.value} is confirmed with --yes where there is no terminal")
        return _ask(question, f"y to {question.choices[0].label}: ") == "y"

    def _says(self, said: str, phrase: str) -> bool:
        """Whether it is the phrase, or has it among those of several trades, between commas."""
        if self._several:
            return phrase in (each.strip() for each in said.split(","))
        return said == phrase


def _ask(question: Question, prompt: str) -> str:
    print(question.title)
    for line in question.lines:
        print(harmless(f"  {''.join(span.text for span in line)}"))
    try:
        return input(prompt).strip()
    except EOFError:
        return ""
