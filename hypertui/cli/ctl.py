"""`hypertui ctl`: the operator's verbs for an engine that runs already, from any shell of the same user."""

from __future__ import annotations

import argparse
import json
import uuid
from collections.abc import Callable, Iterable, Sequence

from hypertui.cli import streams
from hypertui.cli.confirmation import Confirmation
from hypertui.cli.snapshot_words import alarms_in_words, guards_in_words, in_words
from hypertui.cli.values import seconds
from hypertui.cli.which_engine import ALL, the_engine, the_trades
from hypertui.cli.which_engine import in_words as listed
from hypertui.console.screens.questions import BUILD
from hypertui.core.clock import steady_ms
from hypertui.core.redaction import printable
from hypertui.port.commands import OF_SOURCES, CommandState, Verb
from hypertui.port.snapshot import Snapshot
from hypertui.risk.guards import Guard
from hypertui.server.client import Asked, CommandAnswer, ControlClient, NoEngine, Silent
from hypertui.server.protocol import MOST_REASON

_FAILED, _NOT_REACHED = 3, 4
_LONGEST = 2_000  # characters of a line


def ctl(arguments: argparse.Namespace) -> int:
    """Carry the command out; returns the exit status, of several trades the worst: 0 confirmed, 2 bad input,
    3 failed or refused, 4 no engine reached. Raises ValueError with one line for bad input."""
    try:
        _check_guard(arguments)
        if arguments.verb == "status":
            return _status(arguments, in_words)
        if arguments.verb == "guards":
            return _status(arguments, guards_in_words, "guards")
        return _command(arguments, Verb(arguments.verb))
    except NoEngine as error:
        streams.complain(printable(str(error)))
        return _NOT_REACHED


def _check_guard(arguments: argparse.Namespace) -> None:
    """What goes with a re-arm, and with nothing else. Raises ValueError."""
    name, reason = arguments.guard, arguments.reason
    if arguments.verb in OF_SOURCES:
        if not name or reason:
            raise ValueError(f"{arguments.verb} needs the name of a signal or a webhook, and nothing else")
        return
    if arguments.verb != Verb.REARM:
        if name or reason:
            raise ValueError(f"a guard's name and --reason go with rearm, not with {arguments.verb}")
        return
    known = [guard.value for guard in Guard if guard.is_latched]
    if name not in known:
        said = f"no guard {name!r} is reset by hand" if name else "rearm needs the name of a guard"
        raise ValueError(printable(f"{said}: {', '.join(known)}"))
    if not reason.strip():
        raise ValueError("a re-arm needs its reason: --reason TEXT")
    if len(reason) > MOST_REASON:
        raise ValueError(f"--reason has {len(reason)} characters, {MOST_REASON} at most")


def _status(
    arguments: argparse.Namespace, words: Callable[[Snapshot, int], Iterable[str]], part: str = ""
) -> int:
    with the_engine(arguments, arguments.trade) as engine:
        names = [trade.name for trade in the_trades(arguments, engine, arguments.trade)]
        view, as_json = engine.status()
    if arguments.json:
        found = [trade for trade in as_json["trades"] if trade["name"] in names]
        if part:
            found = [{"name": trade["name"], part: trade[part]} for trade in found]
        else:
            warned = as_json["intents"]["warnings"]
            for trade in found:
                of_it = ("", trade["name"])
                trade["source_alarms"] = [each["alarm"] for each in warned if each["trade"] in of_it]
        print(json.dumps(found[0] if len(found) == 1 else {"trades": found}))
        return 0
    for snapshot in view.trades:
        if snapshot.name not in names:
            continue
        if len(view.trades) > 1:
            print(f"{snapshot.name}:")
        for text in words(snapshot, snapshot.at + steady_ms() - snapshot.steady):
            print(text)
        if not part:
            for text in alarms_in_words(view.intents.alarms_of(snapshot.name)):
                print(text)
    return 0


def _command(arguments: argparse.Namespace, verb: Verb) -> int:
    patience = seconds("--timeout", arguments.timeout)
    with the_engine(arguments, arguments.trade) as engine:
        path, trades = engine.path, the_trades(arguments, engine, arguments.trade)
    if verb in OF_SOURCES:  # any of them leads to the engine
        trades = trades[:1]
    if len(trades) > 1 and arguments.trade != ALL:
        raise ValueError(
            f"the engine has {len(trades)} trades, say which with --trade: {listed(trades)}, all"
        )
    several = len(trades) > 1
    asked, status = [], 0
    for trade in trades:
        position = None
        if verb in BUILD:
            position = Confirmation(arguments, path, verb, trade.name, several).position()
            if position is None:
                streams.complain(f"{trade.name}: nothing was sent" if several else "nothing was sent")
                status = _FAILED
                continue
        guard, reason = arguments.guard, arguments.reason.strip()
        asked.append(Asked(uuid.uuid4().hex, verb, trade.name, position, guard=guard, reason=reason))
    if not asked:
        return status
    with ControlClient(path) as engine:
        return max(status, _sent(arguments, engine, asked, patience, several))


def _sent(
    arguments: argparse.Namespace,
    engine: ControlClient,
    asked: Sequence[Asked],
    patience: float,
    several: bool,
) -> int:
    """Hand the commands over and tell what becomes of them; returns the exit status."""
    states = {each.id: CommandState.SENT for each in asked}
    meant = {each.id: each for each in asked}
    for each in asked:
        _tell(arguments, each, CommandAnswer(CommandState.SENT, 0, ""), several)
    try:
        for id, answer in engine.commands(asked, patience):
            if id in meant:
                _tell(arguments, meant[id], answer, several)
                states[id] = answer.state
    except Silent:
        if CommandState.SENT in states.values():
            raise
        words = f"no outcome within {arguments.timeout} s; it is still wanted, see hypertui ctl status"
        for id, state in states.items():
            if state is CommandState.ACKNOWLEDGED:
                streams.complain(printable(f"{_named(meant[id], several)}: {words}"))
    return 0 if set(states.values()) == {CommandState.CONFIRMED} else _FAILED


def _named(asked: Asked, several: bool) -> str:
    return f"{asked.trade}: {asked.verb.value}" if several else asked.verb.value


def _tell(arguments: argparse.Namespace, asked: Asked, answer: CommandAnswer, several: bool) -> None:
    if arguments.json:
        said = {
            "trade": asked.trade,
            "verb": asked.verb.value,
            "state": answer.state.value,
            "took_ms": answer.took,
            "text": answer.text,
        }
        streams.say(json.dumps(said))
        return
    words = f"{_named(asked, several)}: {answer.state.value}"
    if answer.state is not CommandState.SENT:
        words += f" after {answer.took} ms"
    streams.say(printable(f"{words}: {answer.text}" if answer.text else words, _LONGEST))
