"""The place of one trade in an engine, whether or not it runs just now."""

from __future__ import annotations

import asyncio

from hypertui.engine.figures_log import FiguresLog
from hypertui.engine.publisher import Publisher
from hypertui.engine.trade_runner import TradeRunner
from hypertui.execution.trade_config import TradeConfig
from hypertui.port.commands import Command, Stop, StopReason
from hypertui.runtime.event_log import EventLog


class TradeSeat:
    """Of one trade, from the beginning of the engine to its end."""

    def __init__(self, config: TradeConfig, log: EventLog, publisher: Publisher) -> None:
        self.config = config
        self.log = log
        self.publisher = publisher
        self.figures = FiguresLog()
        self.stop = Stop(config.on_exit)
        self.task: asyncio.Task[StopReason] | None = None
        self.started_again_by: Command | None = None
        self.came_to_nothing: StopReason | None = None  # how the last signal to begin did, if it did
        self.begun_by = ""  # the command of that signal

    @property
    def runner(self) -> TradeRunner | None:
        """What runs the trade; None before it does."""
        return self.publisher.runner

    @property
    def own_config(self) -> TradeConfig:
        """The configuration, with the figures that the trade was opened with where it has any."""
        return self.config if self.runner is None else self.runner.context.config

    @property
    def ended(self) -> bool:
        """Whether it has run, and does so no more."""
        return self.task is not None and self.task.done()
