"""The host protocol: what widgets and screens may ask of the app, and nothing else of it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from textual.app import App
from textual.widget import Widget

from hypertui.console.lines import Backdrop, Tone
from hypertui.port.commands import OnExit, StopReason, Verb

if TYPE_CHECKING:
    from hypertui.console.frame import Frame


class Host(App[StopReason], inherit_bindings=False):
    """The app as its widgets and screens see it. `frame` is what is shown now; `built` is called whenever a
    screen was shown for the first time; `tones` are the styles of the roles that were asked for."""

    # The app's alone: those of each panel would be worked out again with every class that a screen is given.
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"role--{role}" for role in Tone),
        *(f"ground--{ground}" for ground in Backdrop),
    }

    frame: Frame
    built: Callable[[], object]
    tones: dict[Tone | Backdrop, Style]

    def tone(self, role: Tone) -> Style:
        """What a role adds to the style of the text about it."""
        if role not in self.tones:
            self.tones[role] = self.get_component_styles(f"role--{role}").partial_rich_style
        return self.tones[role]

    def ground(self, ground: Backdrop) -> Style:
        """What a ground adds to the style of the text on it."""
        if ground not in self.tones:
            self.tones[ground] = self.get_component_styles(f"ground--{ground}").partial_rich_style
        return self.tones[ground]

    def notify_style_update(self) -> None:
        self.tones = {}
        super().notify_style_update()

    @abstractmethod
    def show_frame(self) -> None:
        """Pull the newest snapshot and events and show them."""

    @abstractmethod
    def paints(self, panel: Widget, rows: Sequence[int]) -> bool:
        """Write these rows of a panel's content to the terminal; False where Textual has to repaint them."""

    @abstractmethod
    def notice(self, text: str) -> None:
        """Show a notice in the key bar for a few seconds."""

    @abstractmethod
    def select(self, trade: str) -> None:
        """Show a trade, and have the keys act on it."""

    @abstractmethod
    def command(self, verb: Verb) -> None:
        """Send a command to the engine; the answer shows when it comes."""

    @abstractmethod
    def request_stop(self, on_exit: OnExit | None = None) -> None:
        """Ask the engine to stop."""

    @abstractmethod
    def action_go(self, name: str) -> None:
        """Show the page of that name."""

    @abstractmethod
    def action_redraw(self) -> None:
        """Repaint the whole screen."""
