"""The console's app: pulls the engine's snapshots, runs the engine beside the screen, sends commands."""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import work
from textual.app import App
from textual.binding import BindingType
from textual.worker import Worker, WorkerState

from hypertui.console import questions
from hypertui.console.crash import last_words
from hypertui.console.dialog import Dialog
from hypertui.console.format import redact
from hypertui.console.frame import Frame
from hypertui.console.help import Help
from hypertui.console.keys import bindings
from hypertui.console.main import Main
from hypertui.console.preflight import Preflight
from hypertui.console.questions import Build
from hypertui.console.theme import DARK
from hypertui.console.views import map
from hypertui.port import (
    NEVER_STARTED,
    Command,
    CommandState,
    CommandView,
    EnginePort,
    Event,
    EventKind,
    Network,
    OnExit,
    Severity,
    Stop,
    StopReason,
    Verb,
)
from hypertui.signals import FAILED

if TYPE_CHECKING:
    from textual.driver import Driver

_NOTICE_FOR = 5_000
_KEPT_EVENTS = 500
_KEPT_COMMANDS = 8


class HyperTui(App[StopReason], inherit_bindings=False):
    """Shows one engine and passes on what the operator wants.

    The engine has a thread and a loop of its own, because a terminal that does not read stops this one. With
    `refresh_hz` 0 nothing is pulled by itself; `show_frame` does it.
    """

    TITLE = "hypertui"
    CSS_PATH = "console.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = bindings()

    def __init__(
        self,
        engine: EnginePort,
        stop: Stop,
        *,
        clock: Callable[[], int],
        who: str,
        refresh_hz: float = 4.0,
        ascii: bool = False,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
        driver_class: type[Driver] | None = None,
    ) -> None:
        super().__init__(driver_class=driver_class)
        self.engine = engine
        self.stop = stop
        self.who = who
        self.started = False
        self.ended: StopReason | None = None
        self.words = ""
        self.loop: asyncio.AbstractEventLoop | None = None
        self._clock = clock
        self._refresh_hz = refresh_hz
        self._ascii = ascii
        self._new_id = new_id
        self._events: deque[Event] = deque(maxlen=_KEPT_EVENTS)
        self._seq = 0
        self._sent: dict[str, CommandView] = {}
        self._notice = ""
        self._notice_at = 0
        self._crash = ""
        self._trouble = ""
        self._scroll = 0
        self.frame = Frame(engine.snapshot, clock(), ascii=ascii)
        self._main = Main(ascii=ascii)
        self._dialog = Dialog(clock, lambda: self.engine.snapshot, ascii=ascii)
        self._help = Help(ascii=ascii)
        self._preflight = Preflight(clock, ascii=ascii)
        self.register_theme(DARK)
        self.theme = DARK.name

    def get_default_screen(self) -> Main:
        return self._main

    def on_mount(self) -> None:
        self.loop = asyncio.get_running_loop()
        if self._ascii:
            self._dialog.add_class("ascii")
            self._help.add_class("ascii")
            self._preflight.add_class("ascii")
        # Kept installed, so that a dialog opened a thousand times is still one dialog.
        self.install_screen(self._dialog, "dialog")
        self.install_screen(self._help, "help")
        self.install_screen(self._preflight, "preflight")
        self.show_frame()
        if self._refresh_hz:
            self.set_interval(1 / self._refresh_hz, self.show_frame)
        self.call_after_refresh(self.run_engine)

    # The engine

    @work(thread=True, exclusive=True, group="engine", exit_on_error=False)
    async def run_engine(self) -> None:
        """The engine's whole life, in a thread with a loop of its own."""
        self.started = True
        self.ended = await self.engine.run(self.stop)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        worker = event.worker
        if worker.group == "engine":
            self._engine_changed(event.state, worker.error)
        elif worker.group == "command" and event.state is WorkerState.ERROR:
            sent = self._sent.get(worker.name)
            if sent is not None:
                self._answered(sent, CommandState.FAILED, _named(worker.error))

    def _engine_changed(self, state: WorkerState, error: BaseException | None) -> None:
        if state is WorkerState.ERROR:
            self._crash = _named(error)
            self.ended = StopReason(FAILED, f"the engine failed: {self._crash}")
            self.bell()
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
        snapshot = self.engine.snapshot
        self._pull_events(now)
        known = {command.id for command in snapshot.commands}
        self._sent = {id: view for id, view in self._sent.items() if id not in known}
        if self._notice and now - self._notice_at > _NOTICE_FOR:
            self._notice = ""
        self.frame = Frame(
            snapshot,
            now,
            events=tuple(self._events),
            sent=tuple(reversed(self._sent.values())),
            notice=self._notice,
            leaving=self.stop.on_exit if self.stop.requested else None,
            ended=self.ended,
            crash=self._crash,
            scroll=self._scroll,
            ascii=self._ascii,
        )
        if self.frame.trouble and self.frame.trouble != self._trouble:
            self.bell()
        self._trouble = self.frame.trouble
        self._main.present(self.frame)
        self._show_preflight(asked=snapshot.asks is not None and self.ended is None)
        if self.screen is self._dialog:
            self._dialog.tick(self.frame)

    def _show_preflight(self, asked: bool) -> None:
        """The page before the trade comes and goes with the engine's question."""
        if self.screen is self._preflight:
            if asked:
                self._preflight.tick(self.frame)
            else:
                self.pop_screen()
        elif asked and self.screen is self._main:
            self.push_screen(self._preflight)

    def _pull_events(self, now: int) -> None:
        fresh = self.engine.events_after(self._seq)
        if not fresh:
            return
        lost = fresh[0].seq - self._seq - 1
        if self._seq and lost > 0:
            text = f"{lost} events are not kept any more and are missing here"
            self._events.append(Event(fresh[0].seq - 1, now, EventKind.STATE, Severity.WARNING, text))
        self._events.extend(fresh)
        self._seq = fresh[-1].seq

    def notice(self, text: str) -> None:
        """Say something in the key bar for a few seconds."""
        self._notice, self._notice_at = text, self._clock()
        self.show_frame()

    # Commands

    def command(self, verb: Verb) -> None:
        """Hand a command to the engine; the answer shows when it comes."""
        if self.ended is not None:
            self.notice("the engine has left: it takes no commands")
            return
        command = Command(self._new_id(), verb, self.who)
        self._sent[command.id] = CommandView(command.id, verb, self.who, self._clock(), CommandState.SENT, 0)
        while len(self._sent) > _KEPT_COMMANDS:
            del self._sent[next(iter(self._sent))]
        self.run_worker(self._send(command), name=command.id, group="command", exit_on_error=False)
        self.show_frame()

    async def _send(self, command: Command) -> None:
        ack = await self.engine.command(command)
        sent = self._sent.get(command.id)
        if sent is not None:
            state = CommandState.ACKNOWLEDGED if ack.accepted else CommandState.REFUSED
            self._answered(sent, state, ack.text)

    def _answered(self, sent: CommandView, state: CommandState, text: str) -> None:
        took = max(self._clock() - sent.at, 0)
        self._sent[sent.id] = replace(sent, state=state, took=took, text=text)
        self.show_frame()

    def ask(self, build: Build, done: Callable[[str], None]) -> None:
        """Put a question; `done` gets the answer, empty if there was none."""
        if self.screen is not self._main:
            return
        self._dialog.put(build, done, self.frame)
        self.push_screen(self._dialog)

    def _confirm(self, verb: Verb) -> None:
        if self.ended is not None:
            self.notice("the engine has left: it takes no commands")
            return
        self.ask(questions.BUILD[verb], lambda answer: self.command(verb) if answer else None)

    # Actions, one per key

    def action_pause(self) -> None:
        self.command(Verb.PAUSE)

    def action_resume(self) -> None:
        self._confirm(Verb.RESUME)

    def action_cancel_buys(self) -> None:
        self._confirm(Verb.CANCEL_BUYS)

    def action_sell_out(self) -> None:
        self._confirm(Verb.SELL_OUT)

    def action_adopt(self) -> None:
        self._confirm(Verb.ADOPT)

    def action_reconcile(self) -> None:
        self.command(Verb.RECONCILE)

    def action_flatten(self) -> None:
        self._confirm(Verb.FLATTEN)

    def action_cancel_all(self) -> None:
        self._confirm(Verb.CANCEL_ALL)

    def action_halt(self) -> None:
        self._confirm(Verb.HALT)

    def action_scroll(self, rows: int) -> None:
        panel = self._main.map_panel
        rows_known = self.engine.snapshot.position_map
        if panel is None or not rows_known:
            return
        height = panel.content_size.height - 1
        at = map.here(rows_known, self.engine.snapshot.unit)
        # From where the map is, not from where further key presses would have moved it.
        self._scroll = map.clamp_shift(len(rows_known), at, height, self._scroll)
        top = map.window(len(rows_known), at, height, self._scroll)
        self._scroll = map.window(len(rows_known), height // 2, height, top + rows) - (at - height // 2)
        self.show_frame()

    def action_scroll_page(self, pages: int) -> None:
        panel = self._main.map_panel
        if panel is not None:
            self.action_scroll(pages * max(panel.content_size.height - 2, 1))

    def action_follow(self) -> None:
        self._scroll = 0
        self.show_frame()

    def action_help(self) -> None:
        if self.screen is self._main:
            self.push_screen(self._help)

    def action_quit_hint(self) -> None:
        self.notice("press q to quit")

    def action_quit_dialog(self) -> None:
        if self.ended is not None:
            self.exit(self.ended)
        else:
            self.ask(questions.quit_console, self._leave)

    def _leave(self, answer: str) -> None:
        if not answer:
            return
        on_exit = OnExit(answer)
        if on_exit is OnExit.FLATTEN and self.engine.snapshot.network is Network.MAINNET:
            self.ask(questions.flatten, lambda typed: self._go(OnExit.FLATTEN) if typed else None)
        else:
            self._go(on_exit)

    def request_stop(self, on_exit: OnExit | None = None) -> None:
        """Ask the engine to leave, unless it has: then there is nobody to wake."""
        if self.ended is None:
            self.stop.request(on_exit)

    def _go(self, on_exit: OnExit) -> None:
        self.request_stop(on_exit)
        if self.ended is not None:
            self.exit(self.ended)
        else:
            self.show_frame()

    # The end

    def on_unmount(self) -> None:
        # However the screen ends, an engine that nobody sees must not go on in its thread.
        self.request_stop()

    def leave_now(self) -> None:
        """Give the terminal back without waiting for the engine, whose thread winds down; from any thread."""
        loop = self.loop
        if loop is None or loop.is_closed():
            return
        try:
            loop.call_soon_threadsafe(self.exit)
        except RuntimeError:
            # Closed between the question and the call: then the app has left already.
            return

    def _handle_exception(self, error: Exception) -> None:
        """A widget failed: wind the engine down and say where, without dumping local values."""
        self.request_stop()
        self._return_code = FAILED
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self.words = self.words or last_words(error)
        self.panic(Text(self.words))


def _named(error: BaseException | None) -> str:
    """An error in one line, without what must not be shown."""
    text = redact(str(error))
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
