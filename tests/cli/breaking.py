"""The command with a screen that fails as soon as a buy is shown, as a defect would."""

from __future__ import annotations

import sys

from hypertui.cli import main
from hypertui.console.frame import Frame
from hypertui.console.screens.main import MainPage
from hypertui.core.market import Side

SECRET = "0x" + "9a" * 32


def break_the_screen() -> None:
    """From now on the main screen fails on a frame with a buy in it."""
    whole = MainPage.present

    def present(self: MainPage, frame: Frame) -> None:
        if any(slot.side is Side.BUY for slot in frame.snapshot.slots):
            raise RuntimeError(f"a widget failed, and it knew {SECRET}")
        whole(self, frame)

    MainPage.present = present  # type: ignore[method-assign]


if __name__ == "__main__":
    break_the_screen()
    raise SystemExit(main(sys.argv[1:]))
