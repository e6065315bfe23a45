"""The confirmation dialog: asks a question and guards its answer; one instance serves every question."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen

from hypertui.console.frame import Frame
from hypertui.console.lines import BLANK, Line, Span, Tone, fit, line, pad, tint, width_of, wrap
from hypertui.console.screens.question import Build, Choice, Question
from hypertui.console.widgets.panel import Panel
from hypertui.port.snapshot import Snapshot

if TYPE_CHECKING:
    from hypertui.console.host import Host

# Keys typed before the dialog was there must not answer it; a slow line delivers them late.
DEAF_FOR = 400
# A question nobody answers must not wait for the next person at the keyboard.
CLOSES_AFTER = 30_000

# Characters of a phrase, and of a text, that are typed at most.
_PHRASE, _TEXT = 40, 200
_MARGIN = 6
_WIDTH = 66

Done = Callable[[str], None]


class Dialog(ModalScreen[None]):
    """Shows a `Question` and calls `done` with the answer, empty if the operator gave none."""

    app: Host

    def __init__(self, clock: Callable[[], int], read: Callable[[], Snapshot], *, ascii: bool) -> None:
        super().__init__()
        self._clock = clock
        self._read = read
        self._panel = Panel(self._view, id="question", ascii=ascii)
        self._build: Build | None = None
        self._done: Done | None = None
        self._question: Question | None = None
        self._focus = 0
        self._typed = ""
        self._remark = ""
        self._asked_again = False
        self._opened_at = self._typed_at = 0

    def compose(self) -> ComposeResult:
        yield self._panel

    def put(self, build: Build, done: Done, frame: Frame) -> None:
        """Prepare the question; the app shows the screen."""
        self._build, self._done = build, done
        self._asked_again = False
        self._ask(build(self._read()), "")
        self._show(frame)

    def tick(self, frame: Frame) -> None:
        """Close when nobody has answered in time."""
        if self._question is not None and frame.now - max(self._opened_at, self._typed_at) > CLOSES_AFTER:
            self._close("", "no answer in 30 s: nothing was done")

    def on_screen_resume(self) -> None:
        # The first time there is no size to draw into before the screen is shown.
        self._show(self.app.frame)

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        if self._question is None or self._clock() - self._opened_at < DEAF_FOR:
            return
        if event.key == "escape":
            self._close("", "")
        elif self._question.phrase or self._question.asks:
            self._type(event, self._question)
        else:
            self._pick(event, self._question)
        if self._question is not None:
            self._show(self.app.frame)

    def on_click(self, event: events.Click) -> None:
        """A click on a choice counts as its key; a phrase has to be typed."""
        offset = event.get_content_offset(self._panel)
        question = self._question
        if offset is None or question is None or question.phrase or question.asks:
            return
        index = offset.y - (len(self._body(question, _WIDTH - _MARGIN)) - len(question.choices))
        if 0 <= index < len(question.choices) and self._clock() - self._opened_at >= DEAF_FOR:
            self._choose(question.choices[index])

    def _ask(self, question: Question, remark: str) -> None:
        self._question, self._remark = question, remark
        self._focus, self._typed = question.focus, ""
        self._opened_at = self._clock()

    def _pick(self, event: events.Key, question: Question) -> None:
        count = len(question.choices)
        if event.key in ("down", "right", "tab"):
            self._focus = (self._focus + 1) % count
        elif event.key in ("up", "left", "shift+tab"):
            self._focus = (self._focus - 1) % count
        elif event.key == "enter":
            self._choose(question.choices[self._focus])
        else:
            for choice in question.choices:
                if event.key == choice.key or event.character == choice.key:
                    self._choose(choice)
                    break

    def _type(self, event: events.Key, question: Question) -> None:
        self._typed_at = self._clock()
        most = _PHRASE if question.phrase else _TEXT
        if event.key == "backspace":
            self._typed = self._typed[:-1]
        elif event.key == "enter":
            if question.asks:  # whoever has closed it unawares would type the text as commands
                self._remark = "" if self._typed.strip() else f"A {question.asks} is needed."
                if not self._remark:
                    self._choose(replace(question.choices[0], answer=self._typed.strip()))
            elif question.phrase and self._typed == question.phrase:
                self._choose(question.choices[0])
            elif not self._typed:
                self._close("", "")
            else:
                self._remark = "That is not the phrase."
        elif event.character is not None and event.is_printable and len(self._typed) < most:
            self._typed += event.character

    def _choose(self, choice: Choice) -> None:
        if not choice.answer or self._build is None or self._question is None:
            self._close("", "")
            return
        now = self._build(self._read())
        changed = now.basis != self._question.basis
        if changed and choice.asks_anew and not self._asked_again:
            # Once only: whoever has read it twice knows how fast it moves, and means it.
            self._asked_again = True
            self._ask(now, "Position or mode has changed meanwhile: read again.")
            self._show(self.app.frame)
        else:
            self._close(choice.answer, "")

    def _close(self, answer: str, notice: str) -> None:
        done = self._done
        self._question = self._build = self._done = None
        self.app.pop_screen()
        if notice:
            self.app.notice(notice)
        if done is not None:
            done(answer)

    def _show(self, frame: Frame) -> None:
        if self._question is None:
            return
        width = min(_WIDTH, self.app.size.width)
        self._panel.styles.width = width
        rows = len(self._body(self._question, width - _MARGIN))
        self._panel.styles.height = min(rows + 4, self.app.size.height)
        self._panel.set_class(self._question.danger, "-danger")
        self._panel.border_title = self._question.title
        self._panel.present(frame)

    def _view(self, frame: Frame, width: int, height: int) -> Sequence[Line]:
        if self._question is None:
            return []
        lines = self._body(self._question, width)
        # On a very low terminal the choices matter more than the words above them.
        return lines if len(lines) <= height else lines[-height:]

    def _body(self, question: Question, width: int) -> list[Line]:
        lines = [row for spans in question.lines for row in _wrapped(spans, width)]
        if self._remark:
            lines += [
                BLANK,
                *(line(Span(row, Tone.WARNING)) for row in wrap(f"‼ {self._remark}", width, 2)),
            ]
        lines.append(BLANK)
        if question.phrase:
            lines += [
                line(
                    Span("type      ", Tone.DIM),
                    Span(question.phrase, Tone.STRONG),
                    Span("  then enter", Tone.DIM),
                ),
                line(Span("          ", Tone.DIM), Span(f"{self._typed}▏", Tone.FOCUS)),
                BLANK,
            ]
        if question.asks:
            room = max(width - 10, 8)  # the end of a long one is what is being typed
            lines += [
                line(Span(f"{question.asks:<10}", Tone.DIM), Span(f"{self._typed[1 - room :]}▏", Tone.FOCUS)),
                BLANK,
            ]
        focus = -1 if question.asks else 1 if question.phrase else self._focus
        return lines + [
            _choice(choice, index == focus and not self._typed, width)
            for index, choice in enumerate(question.choices)
        ]


def _wrapped(spans: Line, width: int) -> list[Line]:
    """A fact whose value is too long goes on under its value."""
    if len(spans) != 2 or width_of(spans) <= width:
        return [fit(spans, width)]
    label, value = spans
    room = max(width - len(label.text), 8)
    rows = wrap(value.text, room)
    lead = [label, *(Span(" " * len(label.text)) for _ in rows[1:])]
    return [fit(line(head, Span(row, value.role)), width) for head, row in zip(lead, rows, strict=True)]


def _choice(choice: Choice, focused: bool, width: int) -> Line:
    key = "esc" if choice.key == "escape" else choice.key
    label = Span(choice.label, choice.role)
    spans = line(Span("► " if focused else "  "), Span(f"{key:<6}", Tone.KEY), label)
    if not focused:
        return spans
    return tint(pad(spans, width), Tone.FOCUS)
