"""A terminal as far as the console uses one: cursor moves, SGR, and characters of one or two cells."""

from __future__ import annotations

import re

from rich.cells import cell_len
from textual.drivers.headless_driver import HeadlessDriver

_TOKEN = re.compile(
    r"\x1b\[(?P<args>[?>=<]?[0-9;$]*)(?P<final>[@-~])|\x1b\]2;(?P<title>[^\x07\x1b]*)\x07"
    r"|\x1b\][^\x07]*\x07|\x1b[^\[\]]|(?P<char>.)",
    re.DOTALL,
)

Style = tuple[frozenset[str], str, str]


class Emulator:
    """What a terminal of that size shows after all that was fed to it. It begins full of rubbish."""

    def __init__(self, width: int, height: int) -> None:
        self.titles = ["somebody's"]
        self.resize(width, height)

    def resize(self, width: int, height: int) -> None:
        """Another size, and rubbish everywhere: terminals differ in what they keep."""
        self.cells: list[list[tuple[str, Style]]] = [
            [("#", (frozenset(), "39", "49"))] * width for _ in range(height)
        ]
        self.x = self.y = 0
        self.style: Style = (frozenset(), "39", "49")

    def feed(self, data: str) -> None:
        """Take what a program writes."""
        for token in _TOKEN.finditer(data):
            if token["final"] == "H":
                row, column = ([int(part or 1) for part in token["args"].split(";")] + [1, 1])[:2]
                self.y, self.x = row - 1, column - 1
            elif token["final"] == "J":
                self.cells = [[(" ", (frozenset(), "39", self.style[2]))] * len(row) for row in self.cells]
            elif token["final"] == "m" and token["args"][:1] not in ("?", ">", "=", "<"):
                self._sgr(token["args"])
            elif token["final"] == "t" and token["args"] == "22;0":
                self.titles.append(self.titles[-1])
            elif token["final"] == "t" and token["args"] == "23;0":
                self.titles.pop()
            elif token["title"] is not None:
                self.titles[-1] = token["title"]
            elif token["char"] is not None:
                self._put(token["char"])

    @property
    def text(self) -> str:
        """The rows, as text."""
        return "\n".join("".join(char for char, _ in row).rstrip() for row in self.cells) + "\n"

    def _put(self, char: str) -> None:
        if char in "\n\r\a":
            assert char == "\a", "nothing here needs a line break"
            return
        assert char.isprintable(), repr(char)
        width = cell_len(char)
        if self.y >= len(self.cells) or self.x + width > len(self.cells[0]):
            return  # a repaint that was under way when the terminal became smaller; nothing wraps
        self.cells[self.y][self.x] = (char, self.style)
        for extra in range(1, width):
            self.cells[self.y][self.x + extra] = ("", self.style)
        self.x += width

    def _sgr(self, args: str) -> None:
        attributes, fg, bg = self.style
        codes = args.split(";")
        while codes:
            code = codes.pop(0) or "0"
            if code == "0":
                attributes, fg, bg = frozenset(), "39", "49"
            elif code in ("38", "48"):
                count = 4 if codes[0] == "2" else 2
                value = ";".join([code, *codes[:count]])
                del codes[:count]
                fg, bg = (value, bg) if code == "38" else (fg, value)
            elif 30 <= int(code) <= 39 or 90 <= int(code) <= 97:
                fg = code
            elif 40 <= int(code) <= 49 or 100 <= int(code) <= 107:
                bg = code
            else:
                attributes |= {code}
        self.style = (attributes, fg, bg)


class TerminalDriver(HeadlessDriver):
    """Feeds an emulator, and counts."""

    terminal = Emulator(1, 1)
    written = 0
    painted = 0  # bytes until the trade was first on the screen

    @classmethod
    def reset(cls, width: int, height: int) -> None:
        """Begin anew."""
        cls.terminal, cls.written, cls.painted = Emulator(width, height), 0, 0

    @property
    def is_headless(self) -> bool:
        return False

    def write(self, data: str) -> None:
        cls = TerminalDriver
        cls.written += len(data.encode())
        cls.terminal.feed(data)
        if not cls.painted and "q Quit" in cls.terminal.text:
            cls.painted = cls.written
