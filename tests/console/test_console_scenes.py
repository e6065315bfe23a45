"""The scenes: each is what it is called, and the same in every process."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from hypertui.port.commands import CommandState, Verb
from hypertui.port.snapshot import Alarm, Mode, Network, Severity, Snapshot
from hypertui.port.views import SlotState
from tests.console import states
from tests.console.scenes import PLAYS
from tests.support.stage import NOW, Scene, perform

ROOT = Path(__file__).parents[2]
TELL = "from tests.console.test_console_scenes import tell; tell()"


def digest(scene: Scene) -> str:
    """Of a scene to the last digit of its last figure."""
    return hashlib.sha256(repr(scene).encode()).hexdigest()


# Of the others the committed pictures tell: they were drawn by other processes.
SOME = tuple(PLAYS)[::3]


def tell() -> None:
    """Print the digests of some scenes, the last one first."""
    for name in reversed(SOME):
        sys.stdout.write(f"{name} {digest(perform(PLAYS[name]))}\n")


def test_every_process_sees_the_same_scenes_in_whatever_order_it_plays_them() -> None:
    seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    surroundings = {"PYTHONHASHSEED": seed, "TZ": "Asia/Kathmandu", "LC_ALL": "C"}
    other = subprocess.Popen(
        [sys.executable, "-c", TELL],
        cwd=ROOT,
        env={**os.environ, **surroundings},
        stdout=subprocess.PIPE,
        text=True,
    )
    here = {name: digest(states.scene(name)) for name in SOME}
    told, _ = other.communicate()
    assert other.returncode == 0
    assert dict(line.split() for line in told.splitlines()) == here


def active(view: Snapshot) -> list[Alarm]:
    return [alarm for alarm in view.alarms if alarm.active]


def orders(view: Snapshot) -> tuple[int, int]:
    assert view.invariant is not None
    return view.invariant.stops, view.invariant.buys


def is_broken(view: Snapshot) -> bool:
    faults = {order.fault for order in view.orders if order.fault}
    lamp = view.invariant
    assert lamp is not None and not lamp.ok and lamp.settled
    assert faults == {"live with another size", "not placed", "not in our books"}
    assert {"unprotected", "stops refused", "foreign orders"} <= {alarm.key for alarm in active(view)}
    return "unprotected" in lamp.fault and any(a.severity is Severity.CRITICAL for a in active(view))


def is_recovering(view: Snapshot) -> bool:
    unknown = [slot for slot in view.slots if slot.state is SlotState.UNANSWERED]
    assert view.invariant is not None and view.invariant.unconfirmed == 1
    return view.phase == "recovery" and len(unknown) == 1


def is_blind(view: Snapshot) -> bool:
    assert view.known_at is not None and view.mark_at is not None
    return min(NOW - view.known_at, NOW - view.mark_at) > 12_000 and "price is 11 s old" in view.holds


def strays(view: Snapshot) -> bool:
    missing = [order for order in view.orders if order.expected and not order.working]
    surplus = [order for order in view.orders if order.working and not order.expected]
    return view.mode is Mode.PAUSED and len(missing) == 2 and len(surplus) == 1


def is_closed(view: Snapshot) -> bool:
    return view.closed_at is not None and not view.position and bool(view.net_pnl) and not view.slots


def newest(view: Snapshot) -> tuple[Verb, CommandState]:
    return view.commands[0].verb, view.commands[0].state


def opened_by(view: Snapshot) -> str:
    return next(command.who for command in view.commands if command.verb is Verb.START)


MEANINGS: dict[str, Callable[[Snapshot], bool]] = {
    "starting": lambda view: view.mode is Mode.STARTING and view.mark is None and view.invariant is None,
    "running": lambda view: view.mode is Mode.RUNNING and orders(view) == (3, 1) and not active(view),
    "advance": lambda view: view.phase == "advance" and orders(view) == (4, 0),
    "decline": lambda view: view.phase == "decline" and orders(view) == (0, 4) and not view.position,
    "recovery": is_recovering,
    "paused": lambda view: view.mode is Mode.PAUSED and view.reason == "by mk@pts/3",
    "stale": is_blind,
    "broken": is_broken,
    "tripped": lambda view: orders(view) == (2, 0) and "guard daily loss" in view.holds,
    "halted": lambda view: (
        view.mode is Mode.HALTED and "the buy size of" in view.reason and view.position > 0
    ),
    "silent": lambda view: 12_000 < NOW - view.at < 13_000 and view.mode is Mode.RUNNING,
    "selling_out": lambda view: view.mode is Mode.SELLING_OUT and orders(view) == (2, 0),
    "sold_out": lambda view: (
        view.mode is Mode.STOPPED and "all sold. Result" in view.reason and is_closed(view)
    ),
    "flat": lambda view: newest(view) == (Verb.FLATTEN, CommandState.CONFIRMED) and is_closed(view),
    "refused": lambda view: newest(view) == (Verb.RESUME, CommandState.REFUSED) and is_closed(view),
    "stray": strays,
    "waiting": lambda view: "the sale of" in view.wish and view.resumes is Mode.SELLING_OUT,
    "emptied": lambda view: not view.position and view.resumes is Mode.SELLING_OUT and not view.closed_at,
    "restarted": lambda view: view.reason == "since before the restart (by root)" and orders(view) == (3, 1),
    "asking": lambda view: view.asks is Verb.START and any(f.level == "amber" for f in view.findings),
    "adopting": lambda view: view.asks is Verb.ADOPT,
    "bracket": lambda view: view.bracket is not None and view.bracket.plan is not None,
    "entering": lambda view: orders(view) == (0, 1) and view.bracket is not None and not view.position,
    "filled": lambda view: orders(view) == (1, 0) and view.position > 0,
    "bought": lambda view: (
        orders(view) == (1, 0) and any(e.rule == "trailing stop" and e.price for e in view.exits)
    ),
    "cooling": lambda view: view.bracket is not None and view.bracket.stays == 1 and not view.position,
    "alerted": lambda view: (
        orders(view) == (3, 1) and opened_by(view) == "webhook:tv-btc" and not active(view)
    ),
    "alerted_before": lambda view: orders(view) == (4, 0) and not view.commands,
    "desk": lambda view: view.name == "BTC" and not active(view),
    "over": lambda view: view.mode is Mode.RUNNING,
}


@pytest.mark.parametrize("name", PLAYS)
def test_a_scene_is_what_it_is_called(name: str) -> None:
    scene = states.scene(name)
    assert MEANINGS[name](scene.snapshot)
    assert all(trade.at <= scene.now == NOW for trade in scene.trades)
    assert all(before.at <= after.at <= NOW for before, after in pairwise(scene.events))


def test_several_trades_are_one_scene() -> None:
    _, ether, solana = states.scene("desk").trades
    assert (ether.name, ether.leverage, active(ether)) == ("ETH", 10, [])
    assert solana.name == "sol-swing" and solana.invariant is not None and solana.invariant.unprotected
    runs, halted, refused, sold = states.scene("over").trades
    assert [trade.over for trade in (runs, halted, refused, sold)] == [False, False, True, True]
    assert halted.mode is Mode.HALTED and orders(halted) == (4, 0)
    assert refused.mode is Mode.HALTED and "holds 1 SOL already" in refused.reason
    assert sold.mode is Mode.STOPPED and is_closed(sold)


def test_sources_are_part_of_a_scene() -> None:
    view, before = states.intents(), states.scene("alerted_before").intents
    told, own = view.sources
    assert (told.name, told.is_armed(NOW), told.is_armed(NOW + 12 * 3_600_000)) == ("tv-btc", True, False)
    assert (own.name, own.is_armed(NOW), own.last_at) == ("own", False, None)
    missed, again, first = view.intents
    assert [(each.state, each.reason) for each in (missed, again, first)] == [
        ("HELD", "desync"),
        ("DUPLICATE", "duplicate"),
        ("DONE", ""),
    ]
    assert (again.text, first.text) == (f"of {first.id}", "the trade is open at 64,000")
    (warning,) = view.warnings
    assert (warning.trade, warning.alarm.severity) == ("BTC", Severity.CRITICAL)
    assert missed.text in warning.alarm.text and warning.alarm.active
    assert view.denied == (("secret", 3),)
    assert [each.state for each in before.intents] == ["DUPLICATE", "DONE"], "they are in the journal"
    assert not any(each.is_armed(NOW) for each in before.sources), "arming ends with the engine"


def test_there_is_something_to_look_at() -> None:
    scene = states.scene("running")
    view = scene.snapshot
    assert view.steps > 10 and view.cycle == 2 and view.round_trips > 2
    assert {len(view.fills), len(view.lots), len(view.cycles)} == {10, 4, 2}
    assert len({price for _, price in view.prices}) > 100
    assert {"step", "order", "fill", "command", "alarm", "state", "preflight"} == {
        e.kind for e in scene.events
    }


def test_real_money_is_traded_as_play_money_is() -> None:
    def figures(scene: Scene) -> Snapshot:
        # The findings name the network too.
        return replace(scene.snapshot, network=Network.PAPER, findings=())

    on_paper, on_mainnet = (states.scene("running", network) for network in (Network.PAPER, Network.MAINNET))
    assert on_mainnet.snapshot.network is Network.MAINNET
    assert figures(on_mainnet) == figures(on_paper)
