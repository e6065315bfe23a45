"""The strategies there are, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hypertui.strategy.bracket import terms as bracket
from hypertui.strategy.ladder import terms as ladder
from hypertui.strategy.plans import StrategyTerms

_RECORDED: Mapping[str, Callable[[Mapping[str, Any]], StrategyTerms]] = {
    bracket.NAME: bracket.BracketTerms.recorded,
    ladder.NAME: ladder.LadderTerms.recorded,
}


def recorded(name: str, record: Mapping[str, Any]) -> StrategyTerms:
    """The settings of a strategy as a journal has them. Raises ValueError for a name that there is not."""
    if name not in _RECORDED:
        raise ValueError(f"strategy {name!r} is not one of {', '.join(sorted(_RECORDED))}")
    return _RECORDED[name](record)
