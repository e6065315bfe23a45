"""A holdout as the command line has it: what `--holdout 20%` keeps sealed, and what is said of that."""

from __future__ import annotations

from datetime import UTC, datetime

from hypertui.cli.values import typed
from hypertui.core.phrases import counted
from hypertui.evidence.verdict import HoldoutFigures
from hypertui.setting_types import share_of


def first_sealed(rows: int, holdout: str | None, *, opens: bool) -> int | None:
    """The first row that is sealed of so many; None where none is. Raises ValueError where a part would be
    empty, or something is to be opened that was not sealed."""
    if holdout is None:
        if opens:
            raise ValueError("--open-holdout goes with --holdout, which says what was sealed")
        return None
    try:
        share = share_of(holdout)
    except ValueError:
        said = f"holdout {typed(holdout)} is no percentage above 0% and below 100%"
        raise ValueError(f"{said}, such as 20%") from None
    first = int(rows * (1 - share))
    if not 0 < first < rows:
        raise ValueError(f"holdout {typed(holdout)} of {counted(rows, 'row')} leaves a part empty")
    return first


def holdout_words(rows: int, found: HoldoutFigures | None) -> str:
    """What became of so many sealed rows; empty where there are none."""
    if not rows:
        return ""
    share = f"the last {rows:,} rows" if rows > 1 else "the last row"
    if found is None:
        return f"{share} stay sealed: --open-holdout walks them, once"
    before = "" if found.first_opened is None else f"; first opened {_when(found.first_opened)}"
    return f"{share} were opened: {found.net_pnl:+,.2f} USD there, entered anew{before}"


def _when(time: int) -> str:
    return f"{datetime.fromtimestamp(time // 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
