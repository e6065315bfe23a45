"""The engine with all that it needs in this process: journal, log, notices, control socket."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

from hypertui.cli.accumulating import accumulation_of
from hypertui.cli.audit import audit_of
from hypertui.cli.journal import journals
from hypertui.cli.paper import PaperMarket
from hypertui.cli.places import journal_url
from hypertui.cli.prepare import Prepared
from hypertui.cli.which_venue import venue_of
from hypertui.core.clock import CLOCK
from hypertui.engine.engine import EmbeddedEngine
from hypertui.runtime.machine import Machine
from hypertui.server.server import ControlServer


@contextmanager
def embedded(trade: Prepared, market: PaperMarket | None) -> Iterator[EmbeddedEngine]:
    """The engine of these trades, on `market` or on the venue that the settings name, with its journal."""
    settings, log = trade.settings, trade.log
    kept = settings.ledger
    assert log is not None, "whoever trades keeps a log"
    with journals(
        trade.state_dir,
        kept.url,
        CLOCK,
        settings.snapshot(),
        kept.keep_days,
        venue_of(settings),
    ) as journal:
        machine = Machine(
            CLOCK,
            random.SystemRandom(),
            CLOCK.set_by,
            disk_free=trade.disk_free,
            log_trouble=log.trouble,
            audit=audit_of(journal_url(kept.url, trade.state_dir)),
            accumulation=accumulation_of(settings, trade.state_dir),
        )
        engine = EmbeddedEngine(
            lambda account: trade.connect(market, account),
            journal,
            trade.configs,
            machine,
            trade.outgoing.beside,
        )
        engine.listen(log.event)
        with (
            trade.outgoing.told(engine, settings, trade.state_dir),
            ControlServer(engine, trade.state_dir),
        ):
            yield engine
