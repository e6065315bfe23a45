"""Paints the cells of a terminal as pixels: text by a font, Braille by its dots, each on its own ground."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from rich.cells import cell_len
from rich.color import Color
from rich.style import Style
from textual.strip import Strip

Rgb = tuple[int, int, int]

_SIZE = 15  # pixels of an em: a cell of DejaVu Sans Mono is 9 by 18 then
_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/Library/Fonts",
    "~/.local/share/fonts",
    "~/.fonts",
)
_NAMES = ("DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf")
_BRAILLE = range(0x2800, 0x2900)
# The bit of each dot, by column and row: Unicode, "Braille Patterns".
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))


class NoFont(Exception):
    """The font is not on this machine; the text says which, and where it was looked for."""


class Painter:
    """Paints with the fonts of this machine. Raises NoFont."""

    def __init__(self) -> None:
        regular, bold = (ImageFont.truetype(str(_found(name)), _SIZE) for name in _NAMES)
        self._fonts = {False: regular, True: bold}
        self.cell = (round(regular.getlength("0")), sum(regular.getmetrics()))

    def paint(self, strips: Sequence[Strip], ground: Rgb) -> Image.Image:
        """A picture of these rows, on `ground` where a cell has none of its own."""
        width, height = self.cell
        columns = max(strip.cell_length for strip in strips)
        image = Image.new("RGB", (columns * width, len(strips) * height), ground)
        draw = ImageDraw.Draw(image)
        for row, strip in enumerate(strips):
            for column, char, style in _cells(strip):
                self._put(draw, (column * width, row * height), char, style, ground)
        # Few hues stand on a screen: a palette of them makes a file of a third of the size.
        return image.quantize(colors=256, dither=Image.Dither.NONE)

    def _put(
        self, draw: ImageDraw.ImageDraw, at: tuple[int, int], char: str, style: Style, ground: Rgb
    ) -> None:
        (x, y), (width, height) = at, self.cell
        ink, under = _rgb(style.color, (200, 200, 200)), _rgb(style.bgcolor, ground)
        if style.reverse:
            ink, under = under, ink
        draw.rectangle((x, y, x + width * cell_len(char) - 1, y + height - 1), fill=under)
        if ord(char) in _BRAILLE:
            for left, top in _dots(ord(char) - _BRAILLE.start, width, height):
                draw.rectangle((x + left - 1, y + top - 1, x + left + 1, y + top + 1), fill=ink)
        elif not char.isspace():
            draw.text((x, y), char, fill=ink, font=self._fonts[bool(style.bold)])
        if style.underline:
            draw.line((x, y + height - 2, x + width - 1, y + height - 2), fill=ink)


def _cells(strip: Strip) -> Iterator[tuple[int, str, Style]]:
    column = 0
    for segment in strip:
        for char in segment.text:
            yield column, char, segment.style or Style.null()
            column += cell_len(char)


def _dots(bits: int, width: int, height: int) -> Iterator[tuple[int, int]]:
    """The middle of each dot, from the cell's corner."""
    for column, marks in enumerate(_DOTS):
        for row, mark in enumerate(marks):
            if bits & mark:
                yield round((column * 2 + 1) * width / 4), round((row * 2 + 1) * height / 8)


def _rgb(colour: Color | None, otherwise: Rgb) -> Rgb:
    return otherwise if colour is None or colour.is_default else tuple(colour.get_truecolor())


def _found(name: str) -> Path:
    for folder in _FOLDERS:
        for path in Path(folder).expanduser().rglob(name):
            return path
    raise NoFont(f"{name} is in none of {', '.join(_FOLDERS)}: install the fonts of DejaVu (fonts-dejavu)")
