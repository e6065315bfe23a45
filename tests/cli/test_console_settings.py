"""What an operator sets about the console, in a real terminal: colours, times, characters, keys."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest

from tests.cli.operating import SOL, command, environment
from tests.support.local_venue import LocalVenue
from tests.support.terminal import Terminal

_ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|P[^\x1b]*\x1b\\|[=>78])")
_GROUND = re.compile(rb"48;2;(\d+);(\d+);(\d+)")


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    clean = {name: value for name, value in environment(tmp_path).items() if name != "NO_COLOR"}
    return clean | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "TZ": "Asia/Kolkata"}


def shown(home: dict[str, str], cwd: Path, venue: LocalVenue, *arguments: str) -> bytes:
    """All that a console writes until it trades and leaves again."""
    with Terminal(command("--base-url", venue.base_url, *SOL, *arguments), cwd, home) as terminal:
        terminal.read_until("% protected")
        terminal.signal(signal.SIGTERM)
        assert terminal.end() == 0
        return terminal.output


def grounds(output: bytes) -> set[tuple[int, ...]]:
    return {tuple(map(int, found)) for found in _GROUND.findall(output)}


def test_the_colours_and_the_times_that_were_asked_for(
    home: dict[str, str], tmp_path: Path, venue: LocalVenue
) -> None:
    output = shown(home, tmp_path, venue, "--theme", "light", "--times", "local")
    assert (250, 250, 250) in grounds(output)
    assert (16, 19, 22) not in grounds(output)  # the dark theme's
    assert re.search(rb"\d\d:\d\d:\d\dL ", _ESCAPES.sub(b"", output))


def test_without_a_word_it_is_dark_and_utc(home: dict[str, str], tmp_path: Path, venue: LocalVenue) -> None:
    output = shown(home, tmp_path, venue)
    assert (16, 19, 22) in grounds(output)
    assert re.search(rb"\d\d:\d\d:\d\dZ ", _ESCAPES.sub(b"", output))


def test_the_terminals_own_colours(home: dict[str, str], tmp_path: Path, venue: LocalVenue) -> None:
    assert grounds(shown(home, tmp_path, venue, "--theme", "ansi")) == set()


def test_no_colour_and_plain_characters(home: dict[str, str], tmp_path: Path, venue: LocalVenue) -> None:
    output = shown(home | {"NO_COLOR": "1"}, tmp_path, venue, "--ascii")
    assert all(red == green == blue for red, green, blue in grounds(output))
    last_words = output.rfind(b"\x1b[?1049l")  # behind them the shell's screen
    assert _ESCAPES.sub(b"", output[:last_words]).isascii()


def test_other_keys(home: dict[str, str], tmp_path: Path, venue: LocalVenue) -> None:
    (tmp_path / "config.toml").write_text('[console.keys]\npause = "f5"\nmute = ""\n')
    with Terminal(command("--base-url", venue.base_url, *SOL), tmp_path, home) as terminal:
        terminal.read_until("% protected")
        terminal.type("p")
        terminal.type("\x1b[15~")
        terminal.read_until("✓ pause")
        terminal.signal(signal.SIGTERM)
        assert terminal.end() == 0


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ('pause = "q"', "console.keys: q would be both pause and quit"),
        ('quit = ""', "console.keys.quit is empty: quit, help, flatten must keep a key"),
        ('nosuch = "n"', "console.keys.nosuch is no action"),
        ("pause = 5", "console.keys.pause 5 in config.toml is not a text"),
    ],
)
def test_keys_that_cannot_be_are_refused_before_anything_starts(
    home: dict[str, str], tmp_path: Path, venue: LocalVenue, keys: str, words: str
) -> None:
    (tmp_path / "config.toml").write_text(f"[console.keys]\n{keys}\n")
    with Terminal(command("--base-url", venue.base_url, *SOL), tmp_path, home) as terminal:
        assert terminal.end() == 2
        at_once, *said = terminal.output.decode().splitlines()
    assert at_once == "hypertui: loads the engine"
    assert len(said) == 1 and said[0].startswith(f"hypertui: {words}")
    assert b"\x1b" not in terminal.output
