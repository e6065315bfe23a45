"""The ledger's check as an engine has it done: the same that `hypertui ledger check` does, of one market."""

from __future__ import annotations

from threading import Lock

from hypertui.core.phrases import counted
from hypertui.runtime.audit import Audit, Audited


def audit_of(url: str) -> Audit:
    """A check of the journal at `url`, which is only read; of one market at a time, however many ask. It
    raises JournalError."""
    one = Lock()

    def audit(network: str, account: str, symbol: str) -> Audited:
        # Loaded when it is needed: no start waits for it.
        from hypertui.journal.history import History
        from hypertui.ledger.check import check
        from hypertui.ledger.scope import Scope

        with one, History.open(url) as history:
            verdict = check(Scope(history, network, account, symbol))
        compared = ", ".join(
            (
                counted(verdict.fills, "fill"),
                counted(verdict.allocations, "allocation"),
                counted(verdict.flat_points, "flat point"),
                counted(verdict.transfers, "transfer"),
            )
        )
        more = f" (and {verdict.wrong - 1:,} more)" if verdict.wrong > 1 else ""
        return Audited(compared, f"{verdict.problems[0]}{more}" if verdict.wrong else "")

    return audit
