"""The sources of intents, by the settings: alerts that come in at the door, and signals. They are served
beside the engine; nothing of them is loaded where there are none."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hypertui.cli.child import environment_of_a_door
from hypertui.cli.places import journal_url
from hypertui.cli.webhook_door import hooks_of, place_of, secrets_file
from hypertui.core.clock import CLOCK, wall_ms
from hypertui.port.intents import NO_INTENTS, IntentsView
from hypertui.settings import Settings

if TYPE_CHECKING:
    from hypertui.engine.engine import EmbeddedEngine
    from hypertui.intents.desk import IntentDesk
    from hypertui.intents.gate import SourceRules
    from hypertui.intents.host import SourceJob
    from hypertui.signal_source.plan import SignalPlan


def sources_to_come(
    door: socket.socket | None, plans: Sequence[SignalPlan], settings: Settings
) -> IntentsView:
    """The sources as they are shown before the engine is there."""
    if door is None and not plans:
        return NO_INTENTS
    from hypertui.intents.arming import Arming

    place = "" if door is None else place_of(door)
    return IntentsView(place, Arming(_rules(door, plans, settings), CLOCK).view)


@contextmanager
def served_sources(
    engine: EmbeddedEngine,
    door: socket.socket | None,
    plans: Sequence[SignalPlan],
    settings: Settings,
    state_dir: Path,
) -> Iterator[None]:
    """For the time of the context, alerts that come in at the door are taken, and signals watched."""
    if door is None and not plans:
        yield
        return
    from hypertui.cli.proof import proof_of
    from hypertui.intents.arming import Arming
    from hypertui.intents.desk import IntentDesk
    from hypertui.intents.host import SourceHost
    from hypertui.journal.intents import IntentJournal

    url, network = journal_url(settings.ledger.url, state_dir), settings.network.value
    arming = Arming(_rules(door, plans, settings), CLOCK)
    prove = proof_of(url, network, wall_ms)
    desk = IntentDesk(engine, partial(IntentJournal.open, url, network), network, arming, CLOCK, prove)
    jobs: list[tuple[str, SourceJob]] = []
    if door is not None:
        desk.place = place_of(door)
        jobs.append(("alerts", _alerts(desk, door, settings, state_dir)))
    if plans:
        from hypertui.journal.signals import SignalJournal
        from hypertui.signal_source.source import SignalSource

        opened = partial(SignalJournal.open, url, network)
        signals = SignalSource(plans, engine.markets, desk, opened, network, CLOCK)
        jobs.append(("signals", signals.run))
        engine.signals = signals
    with SourceHost(desk, jobs):
        engine.sources = desk
        try:
            yield
        finally:
            engine.sources = None


def _rules(door: socket.socket | None, plans: Sequence[SignalPlan], settings: Settings) -> list[SourceRules]:
    hooks = {} if door is None else hooks_of(settings)
    return [each.rules for each in hooks.values()] + [each.acts for each in plans if each.acts is not None]


def _alerts(desk: IntentDesk, door: socket.socket, settings: Settings, state_dir: Path) -> SourceJob:
    from hypertui.alert_source.desk_taker import DeskTaker
    from hypertui.alert_source.doorkeeper import Doorkeeper
    from hypertui.webhook.origin import address_range
    from hypertui.webhook.wire import DoorOpening

    hooks = hooks_of(settings)
    trusted = tuple(map(address_range, settings.webhook.trusted_proxies))
    opening = DoorOpening(secrets_file(state_dir), hooks, trusted)
    taker = DeskTaker(desk, hooks, wall_ms)
    return Doorkeeper(taker, desk.warnings, opening, door, environment_of_a_door()).run
