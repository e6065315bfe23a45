"""A start that is refused: the reason, and the exit status. Loads next to nothing, so that whoever only
refuses need not load what trades."""

from __future__ import annotations

from hypertui.core.intents import IntentReason


class StartRefused(Exception):
    """A trade that cannot begin; the text is one line for the operator, `status` the exit status, `because`
    the reason of an intent that wanted it (see `IntentReason`)."""

    def __init__(self, text: str, status: int = 2, because: str = IntentReason.PREFLIGHT) -> None:
        super().__init__(text)
        self.status = status
        self.because = str(because)
