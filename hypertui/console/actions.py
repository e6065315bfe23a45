"""The operator's actions: what each key does, the dialogs that confirm it, and the commands it sends."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import SystemCommand
from textual.command import CommandPalette
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Resize
from textual.geometry import Size

from hypertui.console.alarm_ack import AlarmAck
from hypertui.console.command_sender import CommandSender
from hypertui.console.frame import HAS_LEFT, IS_REPLAY
from hypertui.console.host import Host
from hypertui.console.screens import entry_question, palette, questions, source_questions
from hypertui.console.screens.dialog import Dialog
from hypertui.console.screens.page import Page
from hypertui.console.screens.question import Build, Question
from hypertui.console.selection import Selection
from hypertui.console.terminal.options import ConsoleOptions
from hypertui.console.terminal.screen_diff import ScreenDiff
from hypertui.console.terminal.screenshot import redact_svg, save
from hypertui.console.theme import THEMES
from hypertui.console.widgets.filter import FilterLine
from hypertui.console.widgets.help import Help
from hypertui.console.widgets.seek import SeekLine
from hypertui.port.commands import Command, CommandState, OnExit, Stop, StopReason, Verb
from hypertui.port.engine import Attachment, EnginePort, EngineView
from hypertui.port.replay import ReplayOrder
from hypertui.port.snapshot import Mode, Network, Snapshot

if TYPE_CHECKING:
    from textual.driver import Driver
    from textual.screen import Screen


class OperatorActions(Host, inherit_bindings=False):
    """The part of the app that the operator drives. Textual finds `action_NAME` by the key map."""

    def __init__(
        self,
        engine: EnginePort,
        stop: Stop,
        sender: CommandSender,
        clock: Callable[[], int],
        options: ConsoleOptions,
        driver_class: type[Driver] | None,
    ) -> None:
        self.tones = {}
        super().__init__(driver_class=driver_class)
        self.engine = engine
        self.stop = stop
        self.ended: StopReason | None = None
        self._command_sender = sender
        self._clock = clock
        self._options = options
        self._selection = Selection()
        self._alarm_ack = AlarmAck()
        self._screen_diff = ScreenDiff(colour=options.colour)
        self._dialog = Dialog(clock, lambda: self.selected, ascii=options.ascii)
        self._help = Help(ascii=options.ascii)
        self._filter = FilterLine(ascii=options.ascii)
        self._seek = SeekLine(ascii=options.ascii)

    @property
    def selected(self) -> Snapshot:
        """The newest of the trade that is shown."""
        return self._selection.of(self.engine.view)

    @property
    def page(self) -> Page:
        """The page under any dialog."""
        page = self.screen_stack[0]
        assert isinstance(page, Page), "every mode begins with a page"
        return page

    @property
    def undisturbed(self) -> bool:
        """Whether no dialog lies over the page."""
        return len(self.screen_stack) == 1

    def select(self, trade: str) -> None:
        """Show a trade, and have the keys act on it."""
        self._selection.select(trade)
        self.show_frame()

    def action_step_trade(self, by: int) -> None:
        if self.undisturbed:
            self._selection.step(self.engine.view, by)
            self.show_frame()

    # Commands

    def command(self, verb: Verb, **terms: Any) -> None:
        """Send a command with such fields as its verb has to the engine; the answer shows when it comes."""
        if why := self._nobody_takes(verb):
            self.notice(why)
            return
        if not self._may_write():
            return
        self._command(verb, self.selected.name, **terms)
        self.show_frame()

    def _command(self, verb: Verb, trade: str, **terms: Any) -> None:
        command = self._command_sender.create(verb, trade, **terms)
        self.run_worker(self._send(command), name=command.id, group="command", exit_on_error=False)

    @property
    def is_owner(self) -> bool:
        """Whether the engine runs with this console, and ends with it."""
        return self.engine.attachment is Attachment.OWNER

    def _may_write(self) -> bool:
        """Whether commands may be sent from here; where only the pen is lacking, ask whether to take it."""
        match self.engine.attachment:
            case Attachment.OWNER | Attachment.WRITER:
                return True
            case Attachment.CUT:
                self.notice("there is no connection to the engine")
            case Attachment.READ_ONLY:
                self.notice("this console is attached to read only")
            case Attachment.OBSERVER:
                self.ask(partial(questions.take_pen, self.engine.view.pen), self._take_pen)
        return False

    def _take_pen(self, answer: str) -> None:
        if answer:
            self.run_worker(self._ask_for_pen(), group="pen", exit_on_error=False)

    async def _ask_for_pen(self) -> None:
        try:
            refused = await self.engine.take_pen()
        except OSError as error:
            refused = str(error)
        self.notice(refused or "you have the pen")

    async def _send(self, command: Command) -> None:
        await self._command_sender.send(self.engine, command)
        self.show_frame()

    def _not_answered(self, id: str, error: str) -> None:
        self._command_sender.record_answer(id, CommandState.FAILED, error)
        self.show_frame()

    def ask(self, build: Build, done: Callable[[str], None], why_not: str = "") -> None:
        """Open the dialog with a question, or show the notice `why_not`. `done` gets the answer, empty if the
        operator gave none."""
        if why_not:
            self.notice(why_not)
        elif self.undisturbed:
            self._dialog.put(build, done, self.frame)
            self.push_screen(self._dialog)

    def _nobody_takes(self, verb: Verb) -> str:
        """Why no engine would take a command, in words; empty where one would."""
        if self._options.replay is not None:
            return f"{verb.value} is refused: {IS_REPLAY}"
        return HAS_LEFT if self.ended is not None else ""

    def _order(self, verb: Verb) -> None:
        """Send a command that needs no question, or say why nothing would come of it."""
        why = self._nobody_takes(verb) or questions.refused(self.selected, verb)
        if why:
            self.notice(why)
        else:
            self.command(verb)

    def _confirm(self, verb: Verb) -> None:
        def send(answer: str) -> None:
            if answer:
                self.command(verb)

        self._ask_to(verb, questions.BUILD[verb], send, questions.refused(self.selected, verb))

    def _ask_to(self, verb: Verb, build: Build, done: Callable[[str], None], refused: str) -> None:
        """Ask before a command, where somebody would take it from here."""
        nobody = self._nobody_takes(verb)
        if nobody or self._may_write():
            self.ask(build, done, nobody or refused)

    def _of_all(self, build: Callable[[EngineView], Question]) -> Build:
        """A question about all trades of the engine."""
        return lambda _: build(self.engine.view)

    # Actions, one per key

    def action_pause(self) -> None:
        self._order(Verb.PAUSE)

    def action_resume(self) -> None:
        over = self.selected.mode in (Mode.HALTED, Mode.STOPPED)
        self._confirm(Verb.START if over and self.frame.several else Verb.RESUME)

    def action_cancel_buys(self) -> None:
        self._confirm(Verb.CANCEL_BUYS)

    def action_sell_out(self) -> None:
        self._confirm(Verb.SELL_OUT)

    def action_open_position(self) -> None:
        def send(answer: str) -> None:
            if answer:
                self.command(Verb.OPEN)

        self._ask_to(Verb.OPEN, entry_question.enter, send, entry_question.refused(self.selected))

    def action_adopt(self) -> None:
        self._confirm(Verb.ADOPT)

    def action_reconcile(self) -> None:
        self._order(Verb.RECONCILE)

    def action_flatten(self) -> None:
        if self.current_mode == "desk" and self.frame.several:
            self._confirm_flatten_all()
        else:
            self._confirm(Verb.FLATTEN)

    def _confirm_flatten_all(self) -> None:
        def flatten_all(answer: str) -> None:
            for name in answer.split():
                self._command(Verb.FLATTEN, name)
            self.show_frame()

        verb = Verb.FLATTEN
        refused = questions.all_refused(self.engine.view, verb)
        self._ask_to(verb, self._of_all(questions.flatten_all), flatten_all, refused)

    def action_cancel_all(self) -> None:
        self._confirm(Verb.CANCEL_ALL)

    def action_halt(self) -> None:
        self._confirm(Verb.HALT)

    def action_rearm(self) -> None:
        guards = questions.rearmable(self.selected)
        which: Build = questions.rearm_which
        if len(guards) == 1:
            self._ask_why(guards[0].guard)
        else:
            self._ask_to(Verb.REARM, which, self._ask_why, questions.refused(self.selected, Verb.REARM))

    def _ask_why(self, guard: str) -> None:
        def send(reason: str) -> None:
            if reason:
                self.command(Verb.REARM, guard=guard, reason=reason)

        if guard:
            refused = questions.refused(self.selected, Verb.REARM)
            self._ask_to(Verb.REARM, partial(questions.rearm, guard), send, refused)

    def action_arm(self) -> None:
        def chosen(answer: str) -> None:
            said, _, name = answer.partition(" ")
            if name:
                self.command(Verb(said), guard=name)

        view, meant = self.engine.view, self.page.source
        sources = [each for each in source_questions.armable(view) if meant in ("", each.name)]
        build: Build = partial(source_questions.arm, sources, self._clock())
        self._ask_to(Verb.ARM, build, chosen, source_questions.not_armable(view, meant))

    def action_replay(self, order: str) -> None:
        if self._options.replay is not None:
            self._options.replay.order(ReplayOrder(order))

    def action_replay_seek(self) -> None:
        replay = self._options.replay
        if replay is not None and self.undisturbed:
            self.push_screen(self._seek, lambda at: None if at is None else replay.seek(at))

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
        fresh = [a for a in self.frame.alarms if a.active and not self.frame.seen(a)]
        if not fresh:
            self.notice("nothing to acknowledge")
        elif self.ended is None:
            self.command(Verb.ACKNOWLEDGE, alarms=tuple(alarm.key for alarm in fresh))
        else:
            self.notice(f"{self._alarm_ack.acknowledge(self.frame.alarms)} acknowledged")

    def action_mute(self) -> None:
        muted = self._alarm_ack.mute(self._clock())
        self.notice("bell muted for 10 minutes" if muted else "bell on")

    def action_redraw(self) -> None:
        if isinstance(self._driver, LinuxDriver):
            # Of two signals that come close together the second may be heard first: ask what is true now.
            size = Size(*self._driver._get_terminal_size())
            if size != self.size:
                self.post_message(Resize(size, size))
        self._screen_diff.forget()
        self.refresh(layout=True)
        self.screen.refresh(layout=True)

    def action_shoot(self) -> None:
        svg = redact_svg(self.export_screenshot(title="hypertui"), self.selected.account)
        self.notice(save(svg, self._options.shots, self._clock()))

    def action_command_palette(self) -> None:
        if self.undisturbed:
            self.push_screen(CommandPalette(placeholder="search for a command", id="--command-palette"))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette's entries: the key map's actions, which ask first as their keys do, and the themes."""
        # Run when the palette is gone: what asks does so only over a screen of ours.
        run = partial(self.call_later, self.run_action)
        for entry in palette.entries(self._options.keys, THEMES, run, partial(setattr, self, "theme")):
            yield SystemCommand(*entry)

    def action_help(self) -> None:
        if self.undisturbed:
            self.push_screen(self._help)

    def action_quit_hint(self) -> None:
        self.notice("press q to quit")

    def action_quit_dialog(self) -> None:
        if self.ended is not None:
            self.exit(self.ended)
        elif self._options.replay is not None:
            self.request_stop()
        elif not self.is_owner:
            self.ask(partial(questions.detach, self._is_heard), self._leave_it_running)
        else:
            desk = self._of_all(questions.quit_desk)
            self.ask(desk if self.frame.several else questions.quit_console, self._leave)

    def _is_heard(self) -> bool:
        """Whether the engine has said something just now, for all that this console knows."""
        return self.engine.attachment is not Attachment.CUT and self.frame.silent is None

    def _leave_it_running(self, answer: str) -> None:
        if answer:
            self.request_stop()

    def _leave(self, answer: str) -> None:
        on_exit = OnExit(answer) if answer else None
        if on_exit is OnExit.FLATTEN and self.selected.network is Network.MAINNET:
            desk = self._of_all(questions.flatten_all)
            build = desk if self.frame.several else questions.flatten
            self.ask(build, lambda typed: self._leave_with(OnExit.FLATTEN) if typed else None)
        elif on_exit is not None:
            self._leave_with(on_exit)

    def _leave_with(self, on_exit: OnExit) -> None:
        self.request_stop(on_exit)
        if self.ended is not None:
            self.exit(self.ended)
        else:
            self.show_frame()
