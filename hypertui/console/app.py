"""The console's app: pulls the engine's snapshots, runs the engine beside the screen, sends commands."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import work
from textual.app import SystemCommand
from textual.binding import BindingType
from textual.command import CommandPalette
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Resize
from textual.geometry import Size
from textual.worker import Worker, WorkerState

from hypertui.console.alarm_ack import Watch
from hypertui.console.command_sender import Herald, Inlet, Outbox
from hypertui.console.frame import Frame
from hypertui.console.host import Host
from hypertui.console.screens import questions
from hypertui.console.screens.dialog import Dialog
from hypertui.console.screens.main import Main
from hypertui.console.screens.pages import PAGES
from hypertui.console.screens.palette import offers
from hypertui.console.screens.preflight import Preflight
from hypertui.console.screens.questions import Build
from hypertui.console.terminal import title
from hypertui.console.terminal.crash import last_words, named
from hypertui.console.terminal.options import ConsoleOptions
from hypertui.console.terminal.screen_diff import Screenful
from hypertui.console.terminal.screenshot import redact_svg, save
from hypertui.console.theme import THEMES
from hypertui.console.widgets.filter import FilterLine
from hypertui.console.widgets.help import Help
from hypertui.console.widgets.page import Page
from hypertui.core.shutdown import FAILED
from hypertui.port.commands import NEVER_STARTED, Command, CommandState, OnExit, Stop, StopReason, Verb
from hypertui.port.engine import EnginePort
from hypertui.port.snapshot import Network

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.driver import Driver
    from textual.screen import Screen

_NOTICE_FOR = 5_000
_LEFT = "the engine has left: it takes no commands"
_PLAIN = ConsoleOptions()


class HyperTui(Host, inherit_bindings=False):
    """Shows one engine and passes on what the operator wants.

    The engine has a thread and a loop of its own, because a terminal that does not read stops this one. With
    `refresh_hz` 0 nothing is pulled by itself; `show_frame` does it. `built` is called whenever a screen was
    shown for the first time.
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
        who: str,
        refresh_hz: float = 4.0,
        look: ConsoleOptions = _PLAIN,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
        driver_class: type[Driver] | None = None,
        built: Callable[[], object] = lambda: None,
    ) -> None:
        super().__init__(driver_class=driver_class)
        self.built = built
        self.engine = engine
        self.stop = stop
        self.who = who
        self.started = False
        self.ended: StopReason | None = None
        self.words = ""
        self.loop: asyncio.AbstractEventLoop | None = None
        self._clock = clock
        self._refresh_hz = refresh_hz
        self._look = look
        self._outbox = Outbox(clock, who, new_id)
        self._inlet = Inlet()
        self._herald = Herald()
        self._watch = Watch()
        self._notice = ""
        self._notice_at = 0
        self._crash = ""
        self._screenful = Screenful()
        self.frame = Frame(engine.snapshot, clock(), ascii=look.ascii, keys=look.keys, zone=look.zone)
        self._dialog = Dialog(clock, lambda: self.engine.snapshot, ascii=look.ascii)
        self._help = Help(ascii=look.ascii)
        self._filter = FilterLine(ascii=look.ascii)
        self._preflight = Preflight(clock, ascii=look.ascii)
        self.set_class(look.ascii, "ascii")
        for key in look.keys:
            if key.key:
                self.bind(key.key, key.action, description=key.label or key.id, show=False)
        self.add_mode("main", partial(Main, ascii=look.ascii))
        for name, page in PAGES.items():
            self.add_mode(name, partial(page, name, ascii=look.ascii))
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = look.theme

    @property
    def page(self) -> Page:
        """The screen under whatever asks or explains."""
        page = self.screen_stack[0]
        assert isinstance(page, Page), "every mode begins with a page"
        return page

    @property
    def undisturbed(self) -> bool:
        """Whether nothing lies over the screen."""
        return len(self.screen_stack) == 1

    def on_mount(self) -> None:
        self.loop = asyncio.get_running_loop()
        for screen in (self._dialog, self._help, self._filter, self._preflight):
            screen.set_class(self._look.ascii, "ascii")
            # Kept installed, so that a dialog opened a thousand times is still one dialog.
            self.install_screen(screen, type(screen).__name__)
        self._tell(title.named(self.frame.snapshot))
        # After a stop by job control the terminal shows the shell's words.
        self.app_resume_signal.subscribe(self, lambda _: self._screenful.forget())
        self.show_frame()
        if self._refresh_hz:
            self.set_interval(1 / self._refresh_hz, self.show_frame)
        self.call_after_refresh(self.run_engine)

    def on_resize(self) -> None:
        # Terminals move what they show about when their size changes.
        self._screenful.forget()

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
            self._answered(worker.name, CommandState.FAILED, named(worker.error))

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
        snapshot = self.engine.snapshot
        self._inlet.pull(self.engine.events_after, now)
        self.frame = Frame(
            snapshot,
            now,
            events=self._inlet.events,
            sent=(sent := self._outbox.unknown_to(snapshot)),
            notice=self._notice if now - self._notice_at <= _NOTICE_FOR else "",
            outcome=self._herald.tells((*sent, *snapshot.commands), now),
            leaving=self.stop.on_exit if self.stop.requested else None,
            ended=self.ended,
            crash=self._crash,
            ascii=self._look.ascii,
            page=self.current_mode,
            keys=self._look.keys,
            zone=self._look.zone,
            acknowledged=self._watch.seen,
            muted=now < self._watch.muted_until,
            written=self._screenful.rate(now),
        )
        if self._watch.rings(self.frame.critical, now):
            self.bell()
        self.page.present(self.frame)
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
        elif asked and self.undisturbed:
            self.push_screen(self._preflight)

    def notice(self, text: str) -> None:
        """Say something in the key bar for a few seconds."""
        self._notice, self._notice_at = text, self._clock()
        self.show_frame()

    # Commands

    def command(self, verb: Verb) -> None:
        """Hand a command to the engine; the answer shows when it comes."""
        if self.ended is not None:
            self.notice(_LEFT)
            return
        command = self._outbox.put(verb)
        self.run_worker(self._send(command), name=command.id, group="command", exit_on_error=False)
        self.show_frame()

    async def _send(self, command: Command) -> None:
        ack = await self.engine.command(command)
        state = CommandState.ACKNOWLEDGED if ack.accepted else CommandState.REFUSED
        self._answered(command.id, state, ack.text)

    def _answered(self, id: str, state: CommandState, text: str) -> None:
        self._outbox.answered(id, state, text)
        self.show_frame()

    def ask(self, build: Build, done: Callable[[str], None], why_not: str = "") -> None:
        """Put a question, or say why not; `done` gets the answer, empty if there was none."""
        if why_not:
            self.notice(why_not)
        elif self.undisturbed:
            self._dialog.put(build, done, self.frame)
            self.push_screen(self._dialog)

    def _confirm(self, verb: Verb) -> None:
        why = _LEFT if self.ended is not None else questions.refused(self.engine.snapshot, verb)
        self.ask(questions.BUILD[verb], lambda answer: self.command(verb) if answer else None, why)

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

    def action_go(self, name: str) -> None:
        if self.undisturbed and name != self.current_mode:
            self.switch_mode(name)
            self.show_frame()

    def action_filter(self) -> None:
        panel = self.page.focus_list
        if panel is None:
            self.notice("no list to filter here")
        elif self.undisturbed:
            self._filter.put(panel)
            self.push_screen(self._filter)

    def action_acknowledge(self) -> None:
        count = self._watch.acknowledge(self.engine.snapshot.alarms)
        self.notice(f"{count} acknowledged" if count else "no alarm that nobody has acknowledged")

    def action_mute(self) -> None:
        muted = self._watch.mute(self._clock())
        self.notice("the bell is silent for 10 minutes" if muted else "the bell rings again")

    def action_redraw(self) -> None:
        if isinstance(self._driver, LinuxDriver):
            # Of two signals that come close together the second may be heard first: ask what is true now.
            size = Size(*self._driver._get_terminal_size())
            if size != self.size:
                self.post_message(Resize(size, size))
        self._screenful.forget()
        self.refresh(layout=True)
        self.screen.refresh(layout=True)

    def action_shoot(self) -> None:
        svg = redact_svg(self.export_screenshot(title="hypertui"), self.engine.snapshot.account)
        self.notice(save(svg, self._look.shots, self._clock()))

    def action_command_palette(self) -> None:
        if self.undisturbed:
            self.push_screen(CommandPalette(placeholder="search for a command", id="--command-palette"))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The actions of the key map, and the themes; what is dangerous asks as it does by its key."""
        # Run when the palette is gone: what asks does so only over a screen of ours.
        run = partial(self.call_later, self.run_action)
        for offer in offers(self._look.keys, THEMES, run, partial(setattr, self, "theme")):
            yield SystemCommand(*offer)

    def action_help(self) -> None:
        if self.undisturbed:
            self.push_screen(self._help)

    def action_quit_hint(self) -> None:
        self.notice("press q to quit")

    def action_quit_dialog(self) -> None:
        if self.ended is not None:
            self.exit(self.ended)
        else:
            self.ask(questions.quit_console, self._leave)

    def _leave(self, answer: str) -> None:
        on_exit = OnExit(answer) if answer else None
        if on_exit is OnExit.FLATTEN and self.engine.snapshot.network is Network.MAINNET:
            self.ask(questions.flatten, lambda typed: self._go(OnExit.FLATTEN) if typed else None)
        elif on_exit is not None:
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

    # What is written

    def _tell(self, sequence: str) -> None:
        if self._driver is not None:
            self._driver.write(sequence)

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        super()._display(screen, self._screenful.update(renderable))

    # The end

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
        self.words = self.words or last_words(error)
        self.panic(Text(self.words))
