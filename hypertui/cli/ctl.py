"""`hypertui ctl`: the operator's verbs for an engine that runs already, from any shell of the same user."""

from __future__ import annotations

import argparse
import json
import sys
import uuid
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from hypertui.cli import streams
from hypertui.cli.places import state_home
from hypertui.cli.snapshot_words import in_words
from hypertui.cli.values import seconds, typed
from hypertui.console.screens import questions
from hypertui.console.screens.questions import BUILD, Question
from hypertui.core.clock import steady_ms
from hypertui.core.files import named_path
from hypertui.core.market import plain
from hypertui.core.redaction import harmless, printable
from hypertui.port.commands import CommandState, Verb
from hypertui.port.snapshot import Network, Snapshot
from hypertui.server.client import CommandAnswer, ControlClient, NoEngine, Silent, engines
from hypertui.settings import load_settings

_FAILED, _NOT_REACHED = 3, 4
_LONGEST = 2_000  # characters of a line


def ctl(arguments: argparse.Namespace) -> int:
    """Carry the command out; returns the exit status: 0 confirmed, 2 bad input, 3 failed or refused, 4 no
    engine reached. Raises ValueError with one line for bad input."""
    try:
        if arguments.verb == "status":
            return _status(arguments)
        return _command(arguments, Verb(arguments.verb))
    except NoEngine as error:
        streams.complain(printable(str(error)))
        return _NOT_REACHED


def _status(arguments: argparse.Namespace) -> int:
    with _engine(arguments) as engine:
        snapshot, found = engine.status()
    if arguments.json:
        print(json.dumps(found))
    else:
        for text in in_words(snapshot, snapshot.at + steady_ms() - snapshot.steady):
            print(text)
    return 0


def _command(arguments: argparse.Namespace, verb: Verb) -> int:
    patience = seconds("--timeout", arguments.timeout)
    position = None
    if verb in BUILD:
        position = _confirmed(arguments, verb)
        if position is None:
            streams.complain("nothing was sent")
            return _FAILED
    state = CommandState.SENT
    with _engine(arguments) as engine:
        _tell(arguments, verb, CommandAnswer(state, 0, ""))
        try:
            for answer in engine.command(uuid.uuid4().hex, verb, position, patience):
                _tell(arguments, verb, answer)
                state = answer.state
        except Silent:
            if state is not CommandState.ACKNOWLEDGED:
                raise
            words = f"no outcome within {arguments.timeout} s; it is still wanted, see hypertui ctl status"
            streams.complain(printable(f"{verb.value}: {words}"))
    return 0 if state is CommandState.CONFIRMED else _FAILED


def _tell(arguments: argparse.Namespace, verb: Verb, answer: CommandAnswer) -> None:
    if arguments.json:
        said = {"verb": verb.value, "state": answer.state.value, "took_ms": answer.took, "text": answer.text}
        streams.say(json.dumps(said))
        return
    words = f"{verb.value}: {answer.state.value}"
    if answer.state is not CommandState.SENT:
        words += f" after {answer.took} ms"
    streams.say(printable(f"{words}: {answer.text}" if answer.text else words, _LONGEST))


# Which engine


def _engine(arguments: argparse.Namespace) -> ControlClient:
    """The engine that is meant. Raises ValueError where there are several, NoEngine where there is none."""
    base = _base(arguments)
    wanted = arguments.network
    networks = list(Network) if wanted is None else [Network(wanted)]
    with ExitStack() as opened:
        found = [
            opened.enter_context(engine)
            for network in networks
            for engine in engines(base / network.value, arguments.symbol, arguments.account)
        ]
        if len(found) == 1:
            opened.pop_all()
            return found[0]
    if not found:
        raise NoEngine(f"no engine of this description runs here (looked in {base})")
    which = "; ".join(f"--network {e.network} --symbol {e.symbol} --account {e.account}" for e in found)
    raise ValueError(f"{len(found)} engines run here, say which: {which}")


def _base(arguments: argparse.Namespace) -> Path:
    if arguments.state_dir is not None:
        # Settings that cannot be read must not keep anybody from the engine.
        try:
            return named_path(arguments.state_dir)
        except ValueError as error:
            raise ValueError(f"--state-dir {typed(arguments.state_dir)} {error}") from None
    return state_home(load_settings(arguments.config, {}).state_dir)


# Asking


def _confirmed(arguments: argparse.Namespace, verb: Verb) -> str | None:
    """Ask as the console does; returns the position (coins) that the answer rests on, None without a yes.
    Raises ValueError where nobody can be asked and nothing was said beforehand."""
    for _ in range(2):
        snapshot, question = _question(arguments, verb)
        if refused := questions.refused(snapshot, verb):
            streams.complain(printable(str(refused)))
            return None
        agreed = _typed if question.phrase else _agreed
        if not agreed(arguments, verb, snapshot, question):
            return None
        # What is held may have changed while the operator was reading.
        now, again = _question(arguments, verb)
        if again.basis == question.basis:
            return plain(now.position)
        streams.complain("the position or the mode has changed meanwhile")
    return None


def _question(arguments: argparse.Namespace, verb: Verb) -> tuple[Snapshot, Question]:
    with _engine(arguments) as engine:
        snapshot, _ = engine.status()
    return snapshot, BUILD[verb](snapshot)


def _typed(arguments: argparse.Namespace, verb: Verb, snapshot: Snapshot, question: Question) -> bool:
    said: str | None = arguments.confirm
    phrase = question.phrase
    if said is None:
        if not sys.stdin.isatty():
            where = f"{verb.value} on {snapshot.network.value}"
            raise ValueError(f'{where} is confirmed with --confirm "{phrase}" where there is no terminal')
        said = _ask(question, f"Type {phrase} to go on: ")
    if said != phrase:
        raise ValueError(f"{verb.value} was not confirmed: {typed(said) or 'nothing'} is not {phrase}")
    return True


def _agreed(arguments: argparse.Namespace, verb: Verb, snapshot: Snapshot, question: Question) -> bool:
    if arguments.yes:
        return True
    if arguments.confirm is not None:
        # What would have to be typed on mainnet is as good as a yes elsewhere.
        phrase = BUILD[verb](replace(snapshot, network=Network.MAINNET)).phrase
        if arguments.confirm != phrase:
            raise ValueError(
                f"{verb.value} was not confirmed: {typed(arguments.confirm)} is not {phrase or '--yes'}"
            )
        return True
    if not sys.stdin.isatty():
        raise ValueError(f"{verb.value} is confirmed with --yes where there is no terminal")
    return _ask(question, f"y to {question.choices[0].label}: ") == "y"


def _ask(question: Question, prompt: str) -> str:
    print(question.title)
    for line in question.lines:
        print(harmless(f"  {''.join(span.text for span in line)}"))
    try:
        return input(prompt).strip()
    except EOFError:
        return ""
