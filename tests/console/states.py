"""The states of a trade that the console's tests show: what a real engine shows at the end of a scene."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from hypertui.port.intents import IntentsView
from hypertui.port.snapshot import Network, Snapshot
from tests.console.scenes import PLAYS
from tests.support.shared import once
from tests.support.stage import Scene, perform


@cache
def scene(name: str, network: Network | None = None) -> Scene:
    """A scene by its name, on another network than its own if one is named; played once for all tests."""
    play = PLAYS[name]
    if network is not None:
        play = replace(play, trades=tuple(replace(config, network=network) for config in play.trades))
    return once(f"scene {name} {network or ''}", lambda: perform(play))


def starting() -> Snapshot:
    """Nothing is known but what was configured."""
    return scene("starting").snapshot


def running() -> Snapshot:
    """At work: three stops and a buy, after a cycle and an advance."""
    return scene("running").snapshot


def advance() -> Snapshot:
    """All four slots are long, and their stops have followed the price."""
    return scene("advance").snapshot


def decline() -> Snapshot:
    """All is sold: four buys wait."""
    return scene("decline").snapshot


def recovery() -> Snapshot:
    """Two slots are long again; a buy has had no answer yet."""
    return scene("recovery").snapshot


def paused() -> Snapshot:
    """By the operator, a minute ago; what another one ordered was refused."""
    return scene("paused").snapshot


def stale() -> Snapshot:
    """Nothing has been heard for twelve seconds."""
    return scene("stale").snapshot


def broken() -> Snapshot:
    """A stop is missing, one is smaller than it should be, and there is an order of somebody else."""
    return scene("broken").snapshot


def alerted() -> Snapshot:
    """What is `running`, for real money, and was opened by an alert."""
    return scene("alerted").snapshot


def intents() -> IntentsView:
    """The sources of `alerted`: one is armed and one is not, and what became of what they wanted."""
    return scene("alerted").intents


def tripped() -> Snapshot:
    """A guard on the account's loss has tripped: nothing is bought, the stops go on."""
    return scene("tripped").snapshot


def halted() -> Snapshot:
    """By the ladder itself, which has too little left for a slot."""
    return scene("halted").snapshot


def on_mainnet() -> Snapshot:
    """What is `running`, for real money."""
    return scene("running", Network.MAINNET).snapshot


def silent() -> Snapshot:
    """The engine has said nothing for twelve seconds."""
    return scene("silent").snapshot


def selling_out() -> Snapshot:
    """No buys any more; one of the three stops has sold, the others trail."""
    return scene("selling_out").snapshot


def sold_out() -> Snapshot:
    """All is sold, and the trade has ended."""
    return scene("sold_out").snapshot


def flat() -> Snapshot:
    """Flattened by the operator: the trade is closed."""
    return scene("flat").snapshot


def refused() -> Snapshot:
    """Flattened, and then somebody wanted to resume."""
    return scene("refused").snapshot


def stray() -> Snapshot:
    """Paused while the price went on: one stop should trail, and a buy is missing."""
    return scene("stray").snapshot


def waiting() -> Snapshot:
    """Ordered flat while it sold out; the exchange does not answer."""
    return scene("waiting").snapshot


def emptied() -> Snapshot:
    """Paused while it sold out, and all its stops have fired."""
    return scene("emptied").snapshot


def restarted() -> Snapshot:
    """Paused by somebody, and taken up by another process."""
    return scene("restarted").snapshot


def bracket() -> Snapshot:
    """A bracket that is flat and waits to be told."""
    return scene("bracket").snapshot


def entering() -> Snapshot:
    """One whose entry rests below the price."""
    return scene("entering").snapshot


def filled() -> Snapshot:
    """One that has just bought."""
    return scene("filled").snapshot


def bought() -> Snapshot:
    """One that holds what it has bought, under a stop that trails."""
    return scene("bought").snapshot


def cooling() -> Snapshot:
    """One that has sold all, and may not be told again yet."""
    return scene("cooling").snapshot


def asking() -> Snapshot:
    """Before the trade: something amber, so that somebody has to say a word."""
    return scene("asking").snapshot


def adopting() -> Snapshot:
    """Before the trade: there is a position, and nobody has said whose it is to be."""
    return scene("adopting").snapshot


def bitcoin() -> Snapshot:
    """The first of three trades of an engine."""
    return scene("desk").trades[0]


def ether() -> Snapshot:
    """Another trade of the engine that trades `bitcoin`."""
    return scene("desk").trades[1]


def solana() -> Snapshot:
    """One in trouble."""
    return scene("desk").trades[2]
