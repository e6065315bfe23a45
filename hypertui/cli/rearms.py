"""Guards that are reset with the start of a trade: `--rearm drawdown=why`."""

from __future__ import annotations

from collections.abc import Sequence

from hypertui.core.redaction import printable
from hypertui.risk.guards import Guard
from hypertui.risk.memory import Rearm

_MOST_REASON = 300  # characters, as at the control socket


def rearms_of(given: Sequence[str], by: str) -> tuple[Rearm, ...]:
    """What the operator `by` name asks for, undated. Raises ValueError with one line."""
    found: dict[Guard, Rearm] = {}
    for text in given:
        name, _, reason = text.partition("=")
        known = [guard.value for guard in Guard if guard.is_of_account]
        if name not in known:
            said = f"--rearm {printable(name, 40)!r} names no guard of the account"
            raise ValueError(f"{said}: there are {', '.join(known)}")
        guard = Guard(name)
        if not reason.strip():
            raise ValueError(f"--rearm {name} needs its reason: --rearm {name}=REASON")
        if guard in found:
            raise ValueError(f"--rearm {name} is given twice")
        found[guard] = Rearm(guard, 0, by, printable(reason.strip(), _MOST_REASON))
    return tuple(found.values())
