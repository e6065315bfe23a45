"""A report as a picture (PNG): its headline above its charts, drawn from the same SVG as the page.

The text is set in a font of this machine; where there is none the picture would be without words, and is
refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from textwrap import wrap

from hypertui.charts import drawing
from hypertui.charts.document import Headline
from hypertui.charts.drawing import Drawing
from hypertui.charts.style import LIGHT, picture_style
from hypertui.charts.typeset import escaped, side
from hypertui.core.extras import require

_FONTS = "DejaVu Sans, Liberation Sans, Noto Sans, Arial, Helvetica, sans-serif"
_SCALE = 2  # pixels for each unit of the drawing
_TITLE, _HEADLINE, _CAPTION = 44.0, 58.0, 26.0  # heights
_ACROSS = 4  # figures of the headline side by side
_MARGIN = 14.0
_LINE = 125  # letters of the words


def picture(
    title: str,
    figures: Iterable[Headline],
    drawings: Sequence[Drawing],
    words: Sequence[str] = (),
    colours: Mapping[str, str] = LIGHT,
) -> bytes:
    """PNG with the title, the figures, `words` below them, each on its own lines, and the drawings one below
    the other. Raises ValueError with one line where the library or a font is missing."""
    require_pictures()
    return _png(_sheet(title, list(figures), drawings, words, colours))


def _sheet(
    title: str,
    figures: Sequence[Headline],
    drawings: Sequence[Drawing],
    words: Sequence[str],
    colours: Mapping[str, str],
) -> str:
    """All of it as one SVG."""
    width = drawing.WIDTH + 2 * _MARGIN
    parts = [_words(_MARGIN + 6, 30, title, "title")]
    y = _TITLE
    across = drawing.WIDTH / _ACROSS
    for number, each in enumerate(figures):
        x, top = _MARGIN + 6 + number % _ACROSS * across, y + number // _ACROSS * _HEADLINE
        kind = "" if each.amount is None else side(each.amount)
        parts.append(_words(x, top + 14, each.label, "label"))
        parts.append(_words(x, top + 35, each.figure, f"figure {kind}".strip()))
    y += -(-len(figures) // _ACROSS) * _HEADLINE
    for line in (line for each in words for line in wrap(each, _LINE)):
        parts.append(_words(_MARGIN + 6, y + 12, line, "said"))
        y += 18
    for drawn in drawings:
        parts.append(_words(_MARGIN + 6, y + 18, drawn.title, "caption"))
        y += _CAPTION
        parts.append(
            f'<svg x="{_MARGIN:.0f}" y="{y:.0f}" width="{drawing.WIDTH}" height="{drawn.height:.0f}" '
            f'viewBox="0 0 {drawing.WIDTH} {drawn.height:.0f}">{drawn.inner}</svg>'
        )
        y += drawn.height
    ground = f'<rect width="{width:.0f}" height="{y + _MARGIN:.0f}" fill="{colours["ground"]}"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width * _SCALE:.0f}" '
        f'height="{(y + _MARGIN) * _SCALE:.0f}" viewBox="0 0 {width:.0f} {y + _MARGIN:.0f}" '
        f'font-family="{_FONTS}"><style>{picture_style(colours)}{_sheet_style(colours)}</style>'
        f"{ground}{''.join(parts)}</svg>"
    )


def _sheet_style(colours: Mapping[str, str]) -> str:
    return (
        f"svg text.title{{font-size:18px;font-weight:bold;fill:{colours['strong']}}}"
        f"svg text.caption{{font-size:12px;font-weight:bold;fill:{colours['strong']}}}"
        f"svg text.said{{font-size:12px;fill:{colours['text']}}}"
        f"svg text.label{{font-size:11px;fill:{colours['quiet']}}}"
        f"svg text.figure{{font-size:17px;fill:{colours['strong']}}}"
        f"svg text.figure.gain{{fill:{colours['gain']}}}svg text.figure.loss{{fill:{colours['loss']}}}"
    )


def _words(x: float, y: float, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escaped(text)}</text>'


def require_pictures() -> None:
    """Raise ValueError with one line where the library that draws them, or a font, is missing."""
    begin = f'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20" font-family="{_FONTS}">'
    if _png(f'{begin}<text y="16">8</text></svg>') == _png(f"{begin}</svg>"):
        raise ValueError("a PNG needs a font, and this machine has none: install DejaVu, or take .html")


def _png(svg: str) -> bytes:
    found: bytes = require("resvg_py", "png", "a report as PNG").svg_to_bytes(svg_string=svg)
    return found
