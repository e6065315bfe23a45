"""The Textual app of a backtest or a sweep: one page, which pulls what is known so far.

The work has a thread or processes of its own, and never waits for the screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import BindingType

from hypertui.console.frame import Frame
from hypertui.console.host import Host
from hypertui.console.keys import KEYS, Key, KeyBar
from hypertui.console.screens.work import WorkPage
from hypertui.console.terminal.crash import crash_report
from hypertui.console.terminal.options import ConsoleOptions
from hypertui.console.terminal.screen_diff import ScreenDiff
from hypertui.console.terminal.screenshot import redact_svg, save
from hypertui.console.theme import THEMES
from hypertui.console.widgets.filter import FilterLine
from hypertui.console.widgets.help import Help
from hypertui.core.market import Instrument
from hypertui.core.shutdown import FAILED
from hypertui.port.commands import OnExit, StopReason, Verb
from hypertui.port.snapshot import Mode, Network, Snapshot
from hypertui.port.work import WorkPort

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.driver import Driver
    from textual.screen import Screen
    from textual.widget import Widget

_NOTICE_FOR = 5_000
_KEPT = (
    "up",
    "down",
    "page_up",
    "page_down",
    "home",
    "open",
    "back",
    "focus",
    "zoom",
    "filter",
    "copy",
    "screenshot",
    "redraw",
    "help",
    "interrupt",
)
_DEFAULTS = ConsoleOptions()


def work_keys(keys: tuple[Key, ...] = KEYS) -> tuple[Key, ...]:
    """The keys of the page: those that move about in it, and the one that leaves it."""
    leave = "leave; what has not ended is stopped"
    found = []
    for key in keys:
        if key.id in _KEPT:
            found.append(replace(key, bar=key.bar | KeyBar.BOTH if key.id in ("up", "zoom") else key.bar))
        elif key.id == "quit":
            found.append(replace(key, action="leave", help=leave))
    return tuple(found)


class WorkConsole(Host, inherit_bindings=False):
    """Shows some work until its operator leaves, and stops it then."""

    TITLE = "hypertui"
    CSS_PATH = "console.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(
        self,
        work: WorkPort,
        *,
        clock: Callable[[], int],
        options: ConsoleOptions = _DEFAULTS,
        driver_class: type[Driver] | None = None,
        built: Callable[[], object] = lambda: None,
    ) -> None:
        self.tones = {}
        super().__init__(driver_class=driver_class)
        self.built = built
        self.words = ""
        self._work = work
        self._clock = clock
        self._options = replace(options, keys=work_keys(options.keys))
        self._own_loop: asyncio.AbstractEventLoop | None = None
        self._notice, self._notice_at = "", 0
        self._screen_diff = ScreenDiff(colour=options.colour)
        self._page = WorkPage("work", ascii=options.ascii)
        self._help = Help(ascii=options.ascii)
        self._filter = FilterLine(ascii=options.ascii)
        self.frame = self._framed()
        self.set_class(options.ascii, "ascii")
        self.set_class(not options.colour, "no-colour")
        for key in self._options.keys:
            if key.key:
                self.bind(key.key, key.action, description=key.label or key.id, show=False)
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = options.theme

    def on_mount(self) -> None:
        self._own_loop = asyncio.get_running_loop()
        for screen in (self._help, self._filter):
            screen.set_class(self._options.ascii, "ascii")
            self.install_screen(screen, type(screen).__name__)
        self.push_screen(self._page)
        self.app_resume_signal.subscribe(self, lambda _: self._screen_diff.forget())
        if self._options.refresh_hz:
            self.set_interval(1 / self._options.refresh_hz, self.show_frame)

    def on_resize(self) -> None:
        self._screen_diff.forget()

    def on_unmount(self) -> None:
        # However the screen ends, what nobody sees must not go on.
        self._work.stop()

    # The screen

    def _framed(self) -> Frame:
        now = self._clock()
        return Frame(
            _no_trade(now),
            now,
            notice=self._notice if now - self._notice_at <= _NOTICE_FOR else "",
            ascii=self._options.ascii,
            page="work",
            keys=self._options.keys,
            zone=self._options.zone,
            work=self._work.view,
        )

    def show_frame(self) -> None:
        """Pull the newest view and show it."""
        self.frame = self._framed()
        self._page.present(self.frame)

    def paints(self, panel: Widget, rows: Sequence[int]) -> bool:
        """Never: a page that changes a few times a second is repainted by Textual."""
        return False

    def notice(self, text: str) -> None:
        """Show a notice in the key bar for a few seconds."""
        self._notice, self._notice_at = text, self._clock()
        self.show_frame()

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        super()._display(screen, self._screen_diff.update(renderable))

    def _handle_exception(self, error: Exception) -> None:
        """A widget failed: say where, without dumping local values."""
        self._work.stop()
        self._return_code = FAILED
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self.words = self.words or crash_report(error)
        self.panic(Text(self.words))

    # Actions

    @property
    def _undisturbed(self) -> bool:
        return self.screen is self._page

    def action_leave(self) -> None:
        self._work.stop()
        self.exit(StopReason(0, ""))

    def action_filter(self) -> None:
        panel = self._page.focus_list
        if panel is not None and self._undisturbed:
            self._filter.put(panel)
            self.push_screen(self._filter)

    def action_help(self) -> None:
        if self._undisturbed:
            self.push_screen(self._help)

    def action_redraw(self) -> None:
        self._screen_diff.forget()
        self.refresh(layout=True)
        self.screen.refresh(layout=True)

    def action_shoot(self) -> None:
        svg = redact_svg(self.export_screenshot(title="hypertui"), "")
        self.notice(save(svg, self._options.shots, self._clock()))

    def action_quit_hint(self) -> None:
        self.notice("press q to leave")

    def action_go(self, name: str) -> None:
        """There is one page."""

    def select(self, trade: str) -> None:
        """There is no trade."""

    def command(self, verb: Verb) -> None:
        """There is no engine."""

    def request_stop(self, on_exit: OnExit | None = None) -> None:
        """Stop the work."""
        self._work.stop()

    def leave_now(self) -> None:
        """Give the terminal back; from any thread."""
        if self._own_loop is not None:
            with suppress(RuntimeError):  # a loop that has closed: the app has left already
                self._own_loop.call_soon_threadsafe(self.exit)


def _no_trade(now: int) -> Snapshot:
    """What the page's frame has in the place of a trade."""
    nothing = Instrument("", 0, 1)
    return Snapshot(0, now, now, "", Network.PAPER, "", nothing, 1, Decimal(0), Mode.STOPPED)
