"""`python -m tests.pictures`: the console's main screen for the docs, as a real engine fills it: painted at
each size in each theme, and recorded on its paper market."""

from __future__ import annotations

import argparse
import asyncio
import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from textual.color import Color

from hypertui.backtest.report_page import report_picture
from hypertui.console.theme import THEMES
from tests.backtest.walks import random_candles, told_of, walk_of
from tests.console import fakes, states
from tests.pictures.cast import record
from tests.pictures.painter import NoFont, Painter

SIZES = ((40, 20), (80, 24), (120, 40), (200, 60))
NAMES = ("dark", "light", "contrast")
FOLDER = Path(__file__).parents[2] / "docs" / "pictures"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.pictures", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where they go")
    parser.add_argument("--seconds", type=float, default=75, help="how long the recording is; 0 makes none")
    options = parser.parse_args()
    try:
        painter = Painter()
    except NoFont as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    options.folder.mkdir(parents=True, exist_ok=True)
    for theme in NAMES:
        for width, height in SIZES:
            path = options.folder / f"main-{width}x{height}-{theme}.png"
            asyncio.run(_paint(painter, theme, (width, height), path))
            print(f"{path} ({path.stat().st_size / 1000:,.0f} kB)")
    path = options.folder / "backtest-report.png"
    _paint_report(path)
    print(f"{path} ({path.stat().st_size / 1000:,.0f} kB)")
    if options.seconds:
        path = options.folder / "paper.cast"
        with TemporaryDirectory() as state:
            record(path, options.seconds, Path(state))
        print(f"{path} ({path.stat().st_size / 1000:,.0f} kB)")
    return 0


async def _paint(painter: Painter, theme: str, size: tuple[int, int], path: Path) -> None:
    app = fakes.console(fakes.FakeEngine(states.running()), theme=theme)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        app.show_frame()
        await pilot.pause()
        ground = Color.parse(THEMES[theme].background or "").rgb
        painter.paint(app.screen._compositor.render_strips(), ground).save(path, optimize=True)


def _paint_report(path: Path) -> None:
    """The report of a backtest of candles from a seed."""
    whole = Image.open(BytesIO(report_picture(told_of(walk_of(random_candles(4_000, 8), "0.6")))))
    small = whole.convert("RGB").resize((whole.width // 2, whole.height // 2), Image.Resampling.LANCZOS)
    small.quantize(colors=64, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
