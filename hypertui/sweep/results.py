"""The rows that a sweep has found, as they are kept in its file and read again: Parquet, or lines of JSON.

`read_results` gives them to whoever draws or weighs them, whatever the file is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypertui.backtest.evaluation import Evaluation, Setting
from hypertui.core.extras import require
from hypertui.core.market import plain
from hypertui.strategy.ladder.ladder import Phase
from hypertui.strategy.ladder.plan import Reinvest
from hypertui.sweep.exits_text import exits_of, exits_text
from hypertui.sweep.stretches import SeriesStretch, StretchRole

_VERSION = 1
_HEAD = "hypertui.sweep"  # the key of the head in the file's own notes
_PHASES = tuple(phase.value for phase in Phase)
_FIGURES = tuple(each.name for each in fields(Evaluation) if not each.name.startswith("phase_"))


@dataclass(frozen=True, slots=True)
class SweepHead:
    """What is common to all rows. `series` is the digest of all its ticks, of which the first `rows` were
    swept; `fee_rate`, `slippage` and `funding` are fractions, written as decimals; times are ms, None where
    the series has none. `engine` is what was asked for."""

    series: str
    file: str
    symbol: str
    sz_decimals: int
    rows: int
    fee_rate: str
    slippage: str
    funding: str
    engine: str
    search: str
    began: int | None = None
    ended: int | None = None
    caveat: str = ""
    version: int = _VERSION


@dataclass(frozen=True, slots=True)
class SweepRow:
    """One setting over one stretch of the series."""

    setting: Setting
    stretch: SeriesStretch
    found: Evaluation


@dataclass(frozen=True, slots=True)
class SweepResults:
    """A sweep that is over."""

    head: SweepHead
    rows: tuple[SweepRow, ...]

    def of(self, role: StretchRole) -> tuple[SweepRow, ...]:
        """The rows of stretches that were walked for this, without those that could not be walked."""
        return tuple(row for row in self.rows if row.stretch.role is role and not row.found.refused)


def setting_texts(setting: Setting) -> dict[str, str]:
    """A setting as texts by name, from which `setting_of` makes it again."""
    return {
        "unit_size": setting.unit_size,
        "position_size": plain(setting.position_size),
        "reinvest": setting.reinvest.value,
        "exits": exits_text(setting.exits),
    }


def setting_of(texts: Mapping[str, Any]) -> Setting:
    """The setting that was written so. Raises ValueError for what is none."""
    return Setting(
        texts["unit_size"],
        Decimal(texts["position_size"]),
        Reinvest(texts["reinvest"]),
        exits_of(texts["exits"]),
    )


def evaluation_record(found: Evaluation) -> dict[str, Any]:
    """An evaluation by the names of its figures, as JSON can say it."""
    return asdict(found) | {"blocks": list(found.blocks)}


def evaluation_of(record: Mapping[str, Any]) -> Evaluation:
    """The evaluation that was recorded so. Raises TypeError and KeyError for what is none."""
    return replace(Evaluation(**record), blocks=tuple(record["blocks"]))


def write_results(results: SweepResults, path: Path) -> None:
    """Write them to a file: lines of JSON where its name ends with `.jsonl`, else Parquet. Raises OSError,
    and ValueError where Parquet needs a library that is missing."""
    records = [_record(row) for row in results.rows]
    head = json.dumps(asdict(results.head))
    if path.suffix == ".jsonl":
        lines = [json.dumps({_HEAD: asdict(results.head)}), *map(json.dumps, records)]
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return
    polars = require("polars", "data", "a Parquet file")
    polars.DataFrame(records, infer_schema_length=None).write_parquet(path, metadata={_HEAD: head})


def read_results(path: Path) -> SweepResults:
    """The results in a file. Raises ValueError, one line, for what is none."""
    try:
        head, records = _lines(path) if path.suffix == ".jsonl" else _table(path)
        if head["version"] != _VERSION:
            raise ValueError(f"it was written by another version, {head['version']}")
        return SweepResults(SweepHead(**head), tuple(_row(record) for record in records))
    except OSError as error:
        raise ValueError(f"results {path}: {error.strerror or error}") from None
    except (KeyError, TypeError, ValueError) as error:
        why = error if isinstance(error, ValueError) else "it holds no results of a sweep"
        raise ValueError(f"results {path}: {why}") from None


def _lines(path: Path) -> tuple[dict[str, Any], Iterable[Mapping[str, Any]]]:
    first, *rest = path.read_text(encoding="utf-8").splitlines() or ["{}"]
    return json.loads(first)[_HEAD], map(json.loads, rest)


def _table(path: Path) -> tuple[dict[str, Any], Iterator[Mapping[str, Any]]]:
    polars = require("polars", "data", "a Parquet file")
    try:
        head = json.loads(polars.read_parquet_metadata(path)[_HEAD])
        return head, polars.read_parquet(path).iter_rows(named=True)
    except polars.exceptions.PolarsError:
        raise ValueError("it is no Parquet file") from None


def _record(row: SweepRow) -> dict[str, Any]:
    found = row.found
    return {
        "role": row.stretch.role.value,
        "fold": row.stretch.fold,
        "first_row": row.stretch.first,
        "after_row": row.stretch.after,
        **setting_texts(row.setting),
        **{_column(name): getattr(found, name) for name in _FIGURES if name != "blocks"},
        **{f"pnl_{phase}": found.phase_pnl.get(phase) for phase in _PHASES},
        **{f"steps_{phase}": found.phase_steps.get(phase) for phase in _PHASES},
        "blocks": list(found.blocks),
    }


def _row(record: Mapping[str, Any]) -> SweepRow:
    stretch = SeriesStretch(
        StretchRole(record["role"]), record["fold"], record["first_row"], record["after_row"]
    )
    figures = {name: record[_column(name)] for name in _FIGURES}
    found = Evaluation(
        **{**figures, "blocks": tuple(record["blocks"])},
        phase_pnl=_there(record, "pnl"),
        phase_steps=_there(record, "steps"),
    )
    return SweepRow(setting_of(record), stretch, found)


def _there(record: Mapping[str, Any], what: str) -> dict[str, Any]:
    found = {phase: record[f"{what}_{phase}"] for phase in _PHASES}
    return {phase: figure for phase, figure in found.items() if figure is not None}


def _column(figure: str) -> str:
    """What a figure is called in the file, where the setting has its name already."""
    return "unit_usd" if figure == "unit_size" else figure
