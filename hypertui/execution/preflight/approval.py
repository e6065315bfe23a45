"""Approval of a new trade: no red finding, no amber one that nobody has accepted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypertui.core.findings import Finding, Level
from hypertui.core.intents import IntentReason
from hypertui.core.market import Fill
from hypertui.exchange.protocol import OpenOrder
from hypertui.execution.preflight import checks
from hypertui.execution.preflight.facts import Survey
from hypertui.execution.preflight.margin import Ground
from hypertui.execution.recovery.from_exchange import Remains
from hypertui.execution.refusal import StartRefused
from hypertui.execution.trade_config import Consent
from hypertui.port.commands import Stop, Verb
from hypertui.port.engine import EventKind
from hypertui.port.snapshot import Severity
from hypertui.runtime.event_log import EventLog
from hypertui.runtime.event_queue import EventQueue
from hypertui.strategy.plans import StrategyTerms

_SEVERITIES = {Level.RED: Severity.CRITICAL, Level.AMBER: Severity.WARNING}


@dataclass(frozen=True, slots=True)
class Cleared:
    """What a trade begins with: nothing, what remains of a lost one, or a position that it takes over, under
    the `leverage` that the venue has for that, with cross or with `isolated` margin, and with the `stops`
    that an earlier trade has left for it. `terms` are the figures that were shown, None where the trade has
    them already."""

    remains: Remains | None = None
    adopted: Fill | None = None
    leverage: int = 0
    isolated: bool = False
    stops: Sequence[OpenOrder] = ()
    terms: StrategyTerms | None = None


class Gate:
    """Shows what the survey finds, and asks the operator where there is one to ask. `findings` and `asks` are
    for the screens."""

    def __init__(
        self, survey: Survey, consent: Consent, adopt: bool | None, queue: EventQueue[Any], log: EventLog
    ) -> None:
        self.findings: tuple[Finding, ...] = ()
        self.asks: Verb | None = None
        self._survey = survey
        self._consent = consent
        self._adopt = adopt
        self._queue = queue
        self._log = log
        self._agreed: frozenset[str] | None = None

    async def cleared(self, stop: Stop) -> Cleared | None:
        """What the trade begins with; None where it is left before. Raises StartRefused and an ExchangeError.

        Whatever the operator answers rests on figures that age meanwhile, so it is looked again after each
        answer, and asked again for what is new.
        """
        while True:
            seen = await self._survey.look(self._adopt)
            self._publish(checks.findings(seen))
            if seen.remains is not None:
                return Cleared(remains=seen.remains, terms=seen.terms)
            self._refuse()
            self.asks = self._question(seen)
            if self.asks is None:
                return Cleared(
                    adopted=seen.opening() if seen.adopting else None,
                    leverage=seen.account.leverage,
                    isolated=seen.isolated,
                    stops=seen.stops_left if seen.adopting else (),
                    terms=seen.terms,
                )
            await self._queue.run_until(lambda: self.asks is None or stop.requested)
            if stop.requested:
                self.asks = None
                return None

    def answer(self, verb: Verb) -> None:
        """The operator has said what was asked for."""
        if verb is Verb.ADOPT:
            self._adopt = True
        else:
            self._agreed = self._warnings
        self.asks = None

    @property
    def _warnings(self) -> frozenset[str]:
        return frozenset(finding.name for finding in self.findings if finding.level is Level.AMBER)

    def _question(self, seen: Ground) -> Verb | None:
        if seen.adopting and self._adopt is None:
            return Verb.ADOPT
        if self._consent is Consent.ASKED and (self._agreed is None or self._warnings - self._agreed):
            return Verb.START
        return None

    def _refuse(self) -> None:
        red = checks.worst(self.findings, Level.RED)
        if red is not None:
            raise StartRefused(red.text, because=red.because or IntentReason.PREFLIGHT)
        amber = checks.worst(self.findings, Level.AMBER)
        if amber is not None and self._consent is Consent.NO_WARNINGS:
            more = len(self._warnings) - 1
            rest = f" (and {more} more)" if more else ""
            raise StartRefused(f"{amber.text}{rest}; --accept-warnings starts all the same")

    def _publish(self, found: Sequence[Finding]) -> None:
        known = set(self.findings)
        self.findings = tuple(found)
        for finding in found:
            if finding not in known:
                data = {
                    "name": finding.name,
                    "level": finding.level.value,
                    "figure": finding.figure,
                    "limit": finding.limit,
                }
                severity = _SEVERITIES.get(finding.level, Severity.INFO)
                self._log.add(EventKind.PREFLIGHT, f"{finding.name}: {finding.text}", data, severity)
