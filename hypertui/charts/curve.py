"""What a chart of a whole course is drawn from: price and net PnL in columns, as floats: it needs no more."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Curve:
    """A row for each stretch of time, all of about one length: the moment at its end (ms; without times a
    number), the lowest, the highest and the last price in it, the lowest, the highest and the last net PnL,
    how far the lowest was below the highest until then, all in USD, and unit and phase at its end."""

    at: list[int] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    price: list[float] = field(default_factory=list)
    worst: list[float] = field(default_factory=list)
    best: list[float] = field(default_factory=list)
    net: list[float] = field(default_factory=list)
    drawdown: list[float] = field(default_factory=list)
    unit: list[int] = field(default_factory=list)
    phase: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.at)
