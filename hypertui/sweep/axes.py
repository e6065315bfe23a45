"""What is to be tried, as it is written: figures, lists and ranges `start:stop:step`, all of them exact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from hypertui.backtest.evaluation import Setting
from hypertui.core.market import parse_amount, plain
from hypertui.evidence.neighbours import GridPlace
from hypertui.strategy.exits.rules import ExitRules
from hypertui.strategy.ladder.plan import Reinvest
from hypertui.sweep.exits_text import exits_of, exits_text

MOST_SETTINGS = 1_000_000


@dataclass(frozen=True, slots=True)
class Axes:
    """The values of each dimension, without doubles. Unit and position sizes rise; what has no order is as
    it was written. Unit sizes are all USD or all percentages of the first price."""

    unit_sizes: tuple[str, ...]
    position_sizes: tuple[Decimal, ...]
    reinvest: tuple[Reinvest, ...]
    exits: tuple[ExitRules, ...]

    def __len__(self) -> int:
        return len(self.unit_sizes) * len(self.position_sizes) * len(self.reinvest) * len(self.exits)

    @property
    def sizes(self) -> tuple[int, int, int, int]:
        """How many values each dimension has."""
        return len(self.unit_sizes), len(self.position_sizes), len(self.reinvest), len(self.exits)

    def settings(self) -> Iterator[Setting]:
        """All of them."""
        for exits, reinvest, position, unit in product(
            self.exits, self.reinvest, self.position_sizes, self.unit_sizes
        ):
            yield Setting(unit, position, reinvest, exits)

    def at(self, unit: int, position: int, reinvest: int, exits: int) -> Setting:
        """The setting with the values at these indices."""
        return Setting(
            self.unit_sizes[unit], self.position_sizes[position], self.reinvest[reinvest], self.exits[exits]
        )

    def place(self, setting: Setting) -> GridPlace:
        """Where a setting is among those that differ from it in order alone: unit and position size."""
        return self.unit_sizes.index(setting.unit_size), self.position_sizes.index(setting.position_size)


def axes_of(unit_sizes: str, position_sizes: str, reinvest: str, exits: str) -> Axes:
    """The axes that these texts say. Raises ValueError, one line."""
    units = _figures("unit size", unit_sizes)
    kinds = {sign for _, sign in units}
    if len(kinds) > 1:
        raise ValueError(f"unit size {unit_sizes!r} has USD and percentages: say all of them in one way")
    sign = kinds.pop()
    if sign and units[-1][0] * 4 >= 100:
        raise ValueError(
            f"unit size {plain(units[-1][0])}% puts the lowest stop at 0 or below it: "
            "4 units have to be less than the price"
        )
    positions = _figures("position size", position_sizes)
    if any(sign for _, sign in positions):
        raise ValueError(f"position size {position_sizes!r} is in USD, not a percentage")
    return Axes(
        tuple(f"{plain(figure)}{sign}" for figure, sign in units),
        tuple(figure for figure, _ in positions),
        _reinvest(reinvest),
        _exits(exits),
    )


def _figures(name: str, text: str) -> list[tuple[Decimal, str]]:
    """Figures above 0 with their sign (% or nothing), rising and each once."""
    found: set[tuple[Decimal, str]] = set()
    for part in text.split(","):
        pieces = [piece.strip() for piece in part.split(":")]
        if len(pieces) not in (1, 3):
            raise ValueError(f"{name} {part!r} is neither a figure nor a range start:stop:step")
        figures = [_figure(name, piece) for piece in pieces]
        if len({sign for _, sign in figures}) > 1:
            raise ValueError(f"{name} {part!r} has a % at some of its figures: write it at all or at none")
        found |= set(figures) if len(figures) == 1 else set(_range(name, part, figures))
        _refuse_many(name, len(found))
    return sorted(found)


def _range(name: str, text: str, figures: list[tuple[Decimal, str]]) -> Iterator[tuple[Decimal, str]]:
    (start, sign), (stop, _), (step, _) = figures
    if stop < start:
        raise ValueError(f"{name} {text!r} ends before it begins")
    steps = (stop - start) // step
    _refuse_many(name, steps)
    for number in range(int(steps) + 1):
        yield start + number * step, sign


def _figure(name: str, text: str) -> tuple[Decimal, str]:
    sign = "%" if text.endswith("%") else ""
    try:
        figure = parse_amount(text.removesuffix("%").strip())
    except ValueError:
        figure = Decimal(0)
    if figure <= 0:
        raise ValueError(f"{name} {text!r} is not a figure above 0")
    return figure.normalize(), sign


def _refuse_many(name: str, count: Decimal | int) -> None:
    if count >= MOST_SETTINGS:
        raise ValueError(f"{name} has {count:,} values: at most {MOST_SETTINGS:,}")


def _reinvest(text: str) -> tuple[Reinvest, ...]:
    words = list(dict.fromkeys(word.strip() for word in text.split(",")))
    for word in words:
        if word not in list(Reinvest):
            raise ValueError(f"reinvest {word!r} is not one of {', '.join(Reinvest)}")
    return tuple(Reinvest(word) for word in words)


def _exits(text: str) -> tuple[ExitRules, ...]:
    found: dict[str, ExitRules] = {}
    for item in text.split(","):
        for each in _ranges_of_exits(item.strip()):
            rules = exits_of(each)
            found[exits_text(rules)] = rules
            _refuse_many("exits", len(found))
    return tuple(found.values())


def _ranges_of_exits(item: str) -> Iterator[str]:
    """A text with ranges as all the texts that it means."""
    choices = []
    for part in item.split("+"):
        name, sign, value = part.partition("=")
        values = [value]
        if ":" in value:
            values = [f"{plain(figure)}{unit}" for figure, unit in _figures(f"exits: {name}", value)]
        choices.append([f"{name}{sign}{each}" for each in values])
    for chosen in product(*choices):
        yield "+".join(chosen)
