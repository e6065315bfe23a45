"""Exits in one word: `none`, `hard-stop=5%`, `hard-stop=5%+take-profit=10%+time-stop=36h`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal

from hypertui.core.market import parse_amount, plain
from hypertui.strategy.exits.rules import ExitRules, percent
from hypertui.strategy.exits.trailing import TrailingTerms

NO_EXITS = "none"
_SHARES = ("hard-stop", "soft-stop", "take-profit")
_TRAILING = {"trailing-arm": "arm", "trailing-min": "least", "trailing-max": "most"}
_MULTIPLES = {"trailing-atr": "multiple", "trailing-step": "step"}
_USUAL = {
    "multiple": Decimal(2),
    "step": Decimal("0.5"),
    "least": Decimal("0.01"),
    "most": Decimal("0.02"),
}  # of a stop that trails, as the settings have them
_MS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}
_RULES = (*_SHARES, "time-stop", *_TRAILING, *_MULTIPLES)


def exits_of(text: str) -> ExitRules:
    """The rules that a text says. Raises ValueError with one line that names what is wrong."""
    if text == NO_EXITS:
        return ExitRules()
    said: dict[str, str] = {}
    for part in text.split("+"):
        name, sign, value = part.strip().partition("=")
        if name not in _RULES or not sign:
            raise ValueError(f"exits {text!r}: {part!r} is not a rule such as {_RULES[0]}=5%; {_known()}")
        if name in said:
            raise ValueError(f"exits {text!r}: {name} is said twice")
        said[name] = value.strip()
    shares = {name: _share(name, said[name]) for name in _SHARES if name in said}
    rules = ExitRules(
        hard_stop=shares.get("hard-stop"),
        soft_stop=shares.get("soft-stop"),
        take_profit=shares.get("take-profit"),
        time_stop=_time(said["time-stop"]) if "time-stop" in said else None,
        trailing_stop=_trailing(said),
    )
    for wrong in rules.contradictions():
        raise ValueError(f"exits {text!r}: {wrong}")
    return rules


def exits_text(rules: ExitRules) -> str:
    """The text that says these rules."""
    parts = [
        f"{name}={percent(share)}"
        for name in _SHARES
        if (share := getattr(rules, name.replace("-", "_"))) is not None
    ]
    if rules.time_stop is not None:
        parts.append(f"time-stop={_lasting(rules.time_stop)}")
    if (trailing := rules.trailing_stop) is not None:
        parts += [f"{name}={percent(getattr(trailing, field))}" for name, field in _TRAILING.items()]
        parts += [f"{name}={plain(getattr(trailing, field))}" for name, field in _MULTIPLES.items()]
    return "+".join(parts) or NO_EXITS


def _trailing(said: Mapping[str, str]) -> TrailingTerms | None:
    asked = {field: _share(name, said[name]) for name, field in _TRAILING.items() if name in said}
    asked |= {field: _multiple(name, said[name]) for name, field in _MULTIPLES.items() if name in said}
    if asked and "arm" not in asked:
        raise ValueError("exits: a stop that trails needs trailing-arm=PERCENT, the gain that arms it")
    terms = _USUAL | asked
    return TrailingTerms(**{each.name: terms[each.name] for each in fields(TrailingTerms)}) if asked else None


def _share(name: str, text: str) -> Decimal:
    figure, sign, rest = text.partition("%")
    try:
        share = parse_amount(figure) / 100
    except ValueError:
        share = Decimal(0)
    if not sign or rest or not 0 < share < 1:
        raise ValueError(f"exits: {name} {text!r} is no percentage above 0% and below 100%, such as 5%")
    return share


def _multiple(name: str, text: str) -> Decimal:
    try:
        multiple = parse_amount(text)
    except ValueError:
        multiple = Decimal(0)
    if multiple <= 0:
        raise ValueError(f"exits: {name} {text!r} is no number above 0, such as 2")
    return multiple


def _time(text: str) -> int:
    figure, unit = text[:-1], _MS.get(text[-1:], 0)
    if not (figure.isascii() and figure.isdecimal()) or len(figure) > 5 or not int(figure) * unit:
        raise ValueError(f"exits: time-stop {text!r} is no time such as 90m, 36h or 2d")
    return int(figure) * unit


def _lasting(ms: int) -> str:
    name, unit = next((name, unit) for name, unit in reversed(_MS.items()) if not ms % unit)
    return f"{ms // unit}{name}"


def _known() -> str:
    return f"rules are {', '.join(_RULES)}, joined by +, or {NO_EXITS}"
