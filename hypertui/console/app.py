"""The Textual app: runs the engine in a thread and shows its snapshots."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.color import ColorSystem
from rich.text import Text
from textual import work
from textual.binding import BindingType
from textual.widget import Widget
from textual.worker import Worker, WorkerState

from hypertui.console.actions import OperatorActions
from hypertui.console.command_sender import CommandSender
from hypertui.console.event_buffer import EventBuffer
from hypertui.console.frame import Frame
from hypertui.console.keys import offered
from hypertui.console.screens.main import MainPage
from hypertui.console.screens.pages import PAGES
from hypertui.console.screens.preflight import Preflight
from hypertui.console.terminal import title
from hypertui.console.terminal.crash import crash_report, named
from hypertui.console.terminal.direct import DirectPaint
from hypertui.console.terminal.options import ConsoleOptions
from hypertui.console.theme import THEMES
from hypertui.console.toasts import Toasts
from hypertui.core.shutdown import FAILED
from hypertui.port.commands import NEVER_STARTED, OnExit, Stop, StopReason
from hypertui.port.engine import Attachment, EnginePort

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.driver import Driver
    from textual.screen import Screen

_NOTICE_FOR = 5_000
_LOOK_FOR_PRICE = 0.05  # seconds between two looks whether the first one has come
_DEFAULTS = ConsoleOptions()


class HyperTui(OperatorActions, inherit_bindings=False):
    """Shows one engine and runs it.

    The engine has a thread and an event loop of its own, because a terminal that does not read stops the loop
    of the app. `built` is called whenever a screen was shown for the first time.
    """

    TITLE = "hypertui"
    CSS_PATH = "console.tcss"
    DEFAULT_MODE = "main"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(
        self,
        engine: EnginePort,
        stop: Stop,
        *,
        clock: Callable[[], int],
        sender: CommandSender,
        options: ConsoleOptions = _DEFAULTS,
        driver_class: type[Driver] | None = None,
        built: Callable[[], object] = lambda: None,
    ) -> None:
        options = replace(options, keys=offered(options.keys, engine.view))
        super().__init__(engine, stop, sender, clock, options, driver_class)
        self.built = built
        self.started = False
        self.words = ""
        self.loop: asyncio.AbstractEventLoop | None = None
        self._event_buffer = EventBuffer()
        self._turns = 0
        self._toasts = Toasts()
        self._direct_paint = DirectPaint(self._screen_diff)
        self._notice = ""
        self._notice_at = 0
        self._crash = ""
        self.frame = Frame(self.selected, clock(), ascii=options.ascii, keys=options.keys, zone=options.zone)
        self._preflight = Preflight(clock, ascii=options.ascii)
        self._guided = options.guided
        self.set_class(options.ascii, "ascii")
        self.set_class(not options.colour, "no-colour")
        for key in options.keys:
            if key.key:
                self.bind(key.key, key.action, description=key.label or key.id, show=False)
        self.add_mode("main", partial(MainPage, ascii=options.ascii))
        for name, page in PAGES.items():
            self.add_mode(name, partial(page, name, ascii=options.ascii))
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = options.theme

    def on_mount(self) -> None:
        self.loop = asyncio.get_running_loop()
        for screen in (self._dialog, self._help, self._filter, self._seek, self._preflight):
            screen.set_class(self._options.ascii, "ascii")
            # Kept installed, so that a dialog opened a thousand times is still one dialog.
            self.install_screen(screen, type(screen).__name__)
        self._tell(title.named(self.frame.snapshot))
        # After a stop by job control the terminal shows the shell's words.
        self.app_resume_signal.subscribe(self, lambda _: self._screen_diff.forget())
        self.show_frame()
        if self._options.refresh_hz:
            self.set_interval(1 / self._options.refresh_hz, self.show_frame)
            self._first_price = self.set_interval(_LOOK_FOR_PRICE, self._look_for_price)
        self.call_after_refresh(self.run_engine)

    def on_resize(self) -> None:
        # Terminals move what they show about when their size changes.
        self._screen_diff.forget()

    # The engine

    @work(thread=True, exclusive=True, group="engine", exit_on_error=False)
    async def run_engine(self) -> None:
        """Run the engine until it stops, in a thread with an event loop of its own."""
        self.started = True
        self.ended = await self.engine.run(self.stop)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        worker = event.worker
        if worker.group == "engine":
            self._engine_changed(event.state, worker.error)
        elif worker.group == "command" and event.state is WorkerState.ERROR:
            self._not_answered(worker.name, named(worker.error))

    def _engine_changed(self, state: WorkerState, error: BaseException | None) -> None:
        if state is WorkerState.ERROR:
            self._crash = named(error)
            self.ended = StopReason(FAILED, f"the engine failed: {self._crash}")
        if state in (WorkerState.ERROR, WorkerState.SUCCESS):
            # An engine that stops by itself never takes the screen with it, unless it never began to trade.
            never_began = self.ended is not None and self.ended.status in NEVER_STARTED
            if never_began or (self.stop.requested and not self._crash):
                self.exit(self.ended)
            else:
                self.show_frame()

    # The screen

    def show_frame(self) -> None:
        """Pull the newest snapshot and events and show them."""
        now = self._clock()
        view, replay = self.engine.view, self._options.replay
        snapshot = self._selection.of(view)
        state = None if replay is None else replay.replay
        if state is not None and state.turns != self._turns:
            # It has gone back: what is told now has been told before.
            self._turns, self._event_buffer = state.turns, EventBuffer()
        attachment, pen = self.engine.attachment, view.pen
        if self.frame.attachment is Attachment.WRITER and attachment is Attachment.OBSERVER:
            self._notice, self._notice_at = f"{pen.partition(' ')[0] or 'nobody'} has the pen now", now
        others = (each for trade in view.trades if trade.name != snapshot.name for each in trade.commands)
        self._event_buffer.pull(self.engine.events_after, now)
        self.frame = Frame(
            snapshot,
            now if state is None else snapshot.at,
            view.trades,
            view.intents,
            view.signals,
            events=self._event_buffer.of(snapshot.name),
            sent=(sent := self._command_sender.unknown_to(snapshot)),
            notice=self._notice if now - self._notice_at <= _NOTICE_FOR else "",
            toasts=self._toasts.current((*sent, *snapshot.commands), now, others),
            leaving=self.stop.on_exit if self.stop.requested and self.is_owner else None,
            ended=self.ended,
            crash=self._crash,
            ascii=self._options.ascii,
            page=self.current_mode,
            keys=self._options.keys,
            zone=self._options.zone,
            acknowledged=self._alarm_ack.acknowledged,
            muted=now < self._alarm_ack.muted_until,
            replay=state,
            written=self._screen_diff.rate(now),
            attachment=attachment,
            pen=pen,
            guided=self._guided,
        )
        if self._alarm_ack.rings(self.frame.all_critical, now):
            self.bell()
        self._present()
        self._show_preflight(asked=snapshot.asks is not None and self.ended is None)
        if self.screen is self._dialog:
            self._dialog.tick(self.frame)

    def _look_for_price(self) -> None:
        """The first live price is shown as soon as it is there: somebody waits for it."""
        is_here = self.selected.mark_at != self.frame.snapshot.mark_at
        if is_here:
            self.show_frame()
        if is_here or self.ended is not None:
            self._first_price.stop()

    def _present(self) -> None:
        """Show the frame on the page; what changed is written at once where nothing lies over it."""
        page, driver = self.page, self._driver
        if driver is not None and self.screen is page and page.is_current and not self.frame.toasts:
            self._direct_paint.begin()
        page.present(self.frame)
        written = self._direct_paint.done(self.console._color_system or ColorSystem.TRUECOLOR)
        if written and driver is not None:
            driver.write(written)

    def paints(self, panel: Widget, rows: Sequence[int]) -> bool:
        """Write these rows of a panel's content to the terminal; False where Textual has to repaint them."""
        return self._direct_paint.takes(panel, rows)

    def _show_preflight(self, asked: bool) -> None:
        """Show the preflight page while the engine asks, and close it after."""
        if self.screen is self._preflight:
            if asked:
                self._preflight.tick(self.frame)
            else:
                self.pop_screen()
        elif asked and self.undisturbed:
            self.push_screen(self._preflight)

    def action_hide_guide(self) -> None:
        """Explain no more."""
        self.notice("" if self._guided else "there is no guide to hide")
        self._guided = False
        self.show_frame()

    def notice(self, text: str) -> None:
        """Show a notice in the key bar for a few seconds."""
        self._notice, self._notice_at = text, self._clock()
        self.show_frame()

    # Terminal output

    def _tell(self, sequence: str) -> None:
        if self._driver is not None:
            self._driver.write(sequence)

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        super()._display(screen, self._screen_diff.update(renderable))

    # The end

    def request_stop(self, on_exit: OnExit | None = None) -> None:
        """Ask the engine to stop, unless it has ended."""
        if self.ended is None:
            self.stop.request(on_exit)

    def on_unmount(self) -> None:
        self._tell(title.TAKE_BACK)
        # However the screen ends, an engine that nobody sees must not go on in its thread.
        self.request_stop()

    def leave_now(self) -> None:
        """Give the terminal back without waiting for the engine, whose thread winds down; from any thread."""
        if self.loop is not None:
            with suppress(RuntimeError):  # a loop that has closed: the app has left already
                self.loop.call_soon_threadsafe(self.exit)

    def _handle_exception(self, error: Exception) -> None:
        """A widget failed: wind the engine down and say where, without dumping local values."""
        self.request_stop()
        self._return_code = FAILED
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self.words = self.words or crash_report(error)
        self.panic(Text(self.words))
