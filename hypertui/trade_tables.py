"""The tables of the trades: what file, environment and flags set of each, and their names."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypertui.core.redaction import printable
from hypertui.provenance import Origins, Place, SettingsError

_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
_EVERY = "all"  # what `ctl --trade` calls every trade
_INSTEAD = {"risk": "position_size", "position_size": "risk"}  # each in the place of the other
_LONGEST = 60  # characters of what was typed that a message repeats


@dataclass(slots=True)
class TradeTable:
    """What is set of one trade: `written` in the file, which may be no table at all, by `variables` (their
    names by those of the settings), and by `flags`. `place` is where the settings have it."""

    written: Any
    name: str = ""
    place: Place = ("trade",)
    variables: dict[str, str] = field(default_factory=dict)
    flags: Mapping[str, Any] = field(default_factory=dict)

    def values(self) -> Any:
        """All of it, each source before the one before it; what is no table as it stands."""
        if not isinstance(self.written, Mapping):
            return self.written
        # One of several is known by its name, whatever a variable or a flag makes of its symbol.
        named = {"name": self.name} if len(self.place) > 1 and is_name(self.name) else {}
        by_variables = {name: os.environ[variable] for name, variable in self.variables.items()}
        return {**named, **self.written, **by_variables, **self.flags}

    def drop_replaced(self) -> None:
        """Of two settings that stand for each other the one counts whose source goes first. Where one source
        has both, both stay, for a refusal."""
        if not isinstance(self.written, Mapping):
            return
        self.written = dict(self.written)
        below: list[dict[str, Any]] = []
        for source in (self.written, self.variables, self.flags):
            for name, other in _INSTEAD.items():
                if name in source and other not in source:
                    for lower in below:
                        lower.pop(other, None)
            if isinstance(source, dict):
                below.append(source)


def is_name(name: object) -> bool:
    """Whether a trade can be called so."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def default_name(symbol: str) -> str:
    """What a trade of this symbol is called where nobody has named it."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", symbol).strip("-")


def trade_tables(
    written: object, prefix: str, fields: Collection[str], default_symbol: str
) -> list[TradeTable]:
    """The table of each trade with the variables, beginning with `prefix`, that set something of it.
    `written` is what the file has as `trade`, `fields` what can be set of a trade. Raises SettingsError."""
    entries = written if isinstance(written, list) else [written]
    if not entries:
        raise SettingsError("trade is an empty list: each trade is a table [[trade]]")
    tables = [TradeTable(entry) for entry in entries]
    for variable, rest in _variables(f"{prefix}TRADE__"):
        if len(tables) == 1:
            tables[0].variables[rest.lower()] = variable
            continue
        first = _name(tables[0], default_symbol, 0)
        raise SettingsError(
            f"environment variable {variable} names no trade, and {len(tables)} are configured: "
            f"{prefix}TRADES__{_spelled(first)}__{rest.upper()} sets that of {first}"
        )
    for number, table in enumerate(tables):
        table.name = _name(table, default_symbol, number)
        table.place = ("trade",) if len(tables) == 1 else ("trades", table.name)
    _refuse_alike(tables)
    for variable, rest in _variables(f"{prefix}TRADES__"):
        _set_by(variable, rest, tables, fields)
    return tables


def chosen(tables: Sequence[TradeTable], only: str | None) -> list[TradeTable]:
    """Those of the names in `only`, between commas, in their own order; all without it. Raises
    SettingsError."""
    if only is None:
        return list(tables)
    wanted = [name.strip() for name in only.split(",")]
    known = {table.name.lower() for table in tables}
    for name in wanted:
        if name.lower() not in known:
            said = printable(name, _LONGEST) or "nothing"
            raise SettingsError(f"--only {said} is not one of the configured trades: {_names(tables)}")
    return [table for table in tables if table.name.lower() in {name.lower() for name in wanted}]


def give_flags(
    flags: Mapping[str, Any],
    left: Sequence[TradeTable],
    tables: Sequence[TradeTable],
    flag_names: Mapping[Place, str],
) -> None:
    """Let `flags` of a trade set the one that is `left` of all `tables`. Raises SettingsError where there are
    more."""
    if len(left) == 1:
        left[0].flags = flags
        return
    for name in flags:
        raise SettingsError(
            f"{flag_names.get(('trade', name), name)} is of one trade, and {len(tables)} are configured: say "
            f"which with --only NAME ({_names(tables)})"
        )


def origins_of(
    file: str,
    values: Mapping[str, Any],
    flags: Mapping[str, Any],
    flag_names: Mapping[Place, str],
    prefix: str,
    tables: Sequence[TradeTable],
) -> Origins:
    """Where values come from, those of the trades at their places."""
    written, given, names = dict(values), dict(flags), dict(flag_names)
    variables: dict[Place, str] = {}
    for table in tables:
        *room, place = table.place
        for nested, own in ((written, table.written), (given, table.flags)):
            if own == {}:
                continue
            for part in room:
                nested = nested.setdefault(part, {})
            nested[place] = own
        variables |= {(*table.place, name): variable for name, variable in table.variables.items()}
        names |= {(*table.place, name[-1]): flag for name, flag in flag_names.items() if name[0] == "trade"}
    return Origins(file, written, given, prefix, names, variables, tuple(table.place for table in tables))


def refuse_strange_variables(prefix: str, known: Mapping[str, Collection[str]]) -> None:
    """A variable that means nothing here is a mistake that nobody would notice, and so is one that is there
    twice; what sets one of several trades is left to their tables. `known` are the settings, each with those
    that are inside it. Raises SettingsError."""
    seen: dict[str, str] = {}
    for name in sorted(os.environ):
        if not name.upper().startswith(prefix):
            continue
        twin = seen.setdefault(name.upper(), name)
        if twin != name:
            raise SettingsError(f"environment variables {twin} and {name} are the same setting")
        top, _, rest = name[len(prefix) :].lower().partition("__")
        if top == "trades" and rest:
            continue
        nested = known.get(top, ())
        if top not in known or (rest and rest not in nested) or (nested and not rest):
            raise SettingsError(f"environment variable {name} is not a setting")


def _variables(prefix: str) -> Iterator[tuple[str, str]]:
    """Each variable that begins so, and what follows."""
    for variable in sorted(os.environ):
        if variable.upper().startswith(prefix):
            yield variable, variable[len(prefix) :]


def _name(table: TradeTable, default_symbol: str, number: int) -> str:
    """The trade's name before any flag; its number where that cannot be one."""
    values = table.values()
    if isinstance(values, Mapping):
        name = values.get("name", default_name(str(values.get("symbol", default_symbol))))
        if is_name(name):
            return str(name)
    return f"#{number + 1}"


def _refuse_alike(tables: Sequence[TradeTable]) -> None:
    """Two names that a variable could not tell apart."""
    seen: dict[str, TradeTable] = {}
    for table in tables:
        if table.name.lower() == _EVERY:
            raise SettingsError(f"no trade can be named {table.name}: ctl --trade all means every trade")
        twin = seen.setdefault(_spelled(table.name), table)
        if twin is table:
            continue
        if twin.name == table.name:
            raise SettingsError(f"two trades are named {table.name}: give each a name of its own")
        raise SettingsError(
            f"trades {twin.name} and {table.name} have names that differ in case or in - and _ alone: no "
            "variable could tell them apart"
        )


def _set_by(variable: str, rest: str, tables: Sequence[TradeTable], fields: Collection[str]) -> None:
    trade, _, name = rest.rpartition("__")
    name = name.lower()
    if not trade or name not in fields or name == "name":
        raise SettingsError(f"environment variable {variable} is not a setting")
    table = next((table for table in tables if _spelled(table.name) == trade.upper()), None)
    if table is None:
        raise SettingsError(f"environment variable {variable} names no trade; there are {_names(tables)}")
    twin = table.variables.setdefault(name, variable)
    if twin != variable:
        raise SettingsError(f"environment variables {twin} and {variable} are the same setting")


def _spelled(name: str) -> str:
    """A trade's name as it is in a variable."""
    return name.upper().replace("-", "_")


def _names(tables: Sequence[TradeTable]) -> str:
    return ", ".join(table.name for table in tables)
