"""Whatever the standard streams, the locale and the terminal are: no crash, no traceback, no "defect"."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest

from hypertui.cli import streams
from hypertui.core.market import Side
from hypertui.journal import Journal
from tests.cli.operating import SOL, environment
from tests.ledger.facts import fill, told
from tests.ledger.helpers import TRADE
from tests.support.commands import Cell, Commands, Outcome
from tests.support.local_venue import LocalVenue

NOT_WRITTEN = 74

# A command's status where its output goes somewhere; on a full disk 74 in place of 0.
LIGHT: Mapping[str, tuple[list[str], int]] = {
    "help": (["--help"], 0),
    "help of run": (["run", "--help"], 0),
    "version": (["--version"], 0),
    "no such command": (["bogus"], 2),
    "bad figure": (["run", "--headless", "--unit-size", "0"], 2),
    "console": ([], 2),
    "config show": (["config", "show"], 0),
    "completion": (["completion", "bash"], 0),
    "backtest": (
        ["backtest", "prices.csv", "--symbol", "SOL", "--unit-size", "1", "--position-size", "99"],
        0,
    ),
    "status": (["status"], 0),
    "fills": (["ledger", "fills"], 0),
    "pnl": (["ledger", "pnl", "--json"], 0),
    "page": (["ledger", "report"], 0),
    "why": (["ledger", "why", str(TRADE.started_at + 1)], 0),
    "ctl": (["ctl", "status"], 4),
    "ctl pause": (["ctl", "pause"], 4),
    "venue": (["venue", "--port", "0", "--until-eof"], 0),
}
HEAVY: Mapping[str, tuple[list[str], int]] = {
    "doctor": (["doctor"], 0),
    "safe": (["safe"], 0),
    "run": (["run", "--headless", "--for", "0.2"], 0),
}

CLOSED = [
    {name: "closed" for name, closed in zip("012", combination, strict=True) if closed}
    for combination in product((False, True), repeat=3)
]
STREAMS: Mapping[str, Mapping[str, str]] = {
    **{f"closed {''.join(streams) or 'none'}": streams for streams in CLOSED},
    "full out": {"1": "full"},
    "full err": {"2": "full"},
    "both full": {"1": "full", "2": "full"},
    "broken out": {"1": "broken"},
    "both broken": {"1": "broken", "2": "broken"},
}
LOCALES: Mapping[str, Mapping[str, str]] = {
    "latin": {"LC_ALL": "en_US.iso88591"},
    "C": {"LC_ALL": "C"},
    "POSIX": {"LC_ALL": "POSIX"},
    "LANG C": {"LC_ALL": "", "LC_CTYPE": "C.UTF-8", "LANG": "C"},
}


FEW = ("closed 012", "both full", "both broken")

TABLE = [
    *product(("bad figure", "config show"), STREAMS),
    *product((name for name in LIGHT if name not in ("bad figure", "config show")), FEW),
    *product(HEAVY, ("closed 012", "both full")),
]
EXAMPLE = told([fill(Side.BUY, "1", 50_000, at=TRADE.started_at + 1)])


class Bench:
    """The commands, in a folder with prices, a journal and a venue to trade on."""

    def __init__(self, commands: Commands, folder: Path, url: str) -> None:
        self._commands = commands
        self._folder = folder
        self._url = url

    def run(self, name: str, streams: Mapping[str, str], env: Mapping[str, str]) -> Outcome:
        argv, _ = (LIGHT | HEAVY)[name]
        if name in HEAVY:
            argv = [*argv, "--base-url", self._url, *SOL, "--state-dir", str(self._folder / "trading")]
        return self._commands.run(Cell(argv, streams, env, str(self._folder)))


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("streams")
    (folder / "prices.csv").write_text("price\n100\n101\n")
    (folder / "state" / "hypertui" / "paper").mkdir(parents=True)
    with Journal.open(f"sqlite:///{folder}/state/hypertui/paper/journal.db") as journal:
        journal.begin(TRADE)
        journal.add(*EXAMPLE)
    with (
        LocalVenue({"SOL": Decimal(150)}, rate_limits="off") as venue,
        Commands(folder, environment(folder)) as commands,
    ):
        yield Bench(commands, folder, venue.base_url)


@pytest.mark.parametrize(("name", "streams"), TABLE)
def test_streams_that_are_closed_full_or_broken(bench: Bench, name: str, streams: str) -> None:
    given = STREAMS[streams]
    found = bench.run(name, given, {})
    _, usual = (LIGHT | HEAVY)[name]
    assert found.crash == ""
    assert b"Traceback" not in found.out + found.err
    assert b"defect" not in found.err
    goes_on = name in ("run", "safe", "venue") or usual != 0
    lost = given.get("1") == "full" and not goes_on
    assert found.status == (NOT_WRITTEN if lost else usual), found
    if lost and "2" not in given:
        assert found.err == b"hypertui: standard output cannot be written: No space left on device\n"


@pytest.mark.parametrize("said", LOCALES)
def test_a_terminal_without_utf8_gets_ascii_by_itself(bench: Bench, said: str) -> None:
    for name in ("help", "no such command", "config show", "backtest", "status", "why", "doctor"):
        found = bench.run(name, {}, LOCALES[said])
        assert found.crash == ""
        assert found.status == (LIGHT | HEAVY)[name][1], found
        assert (found.out + found.err).isascii(), found


def test_a_terminal_with_utf8_gets_it(bench: Bench) -> None:
    env = {"LC_ALL": "", "LC_CTYPE": "", "LANG": "en_US.UTF-8"}
    assert "✓".encode() in bench.run("doctor", {}, env).out


def test_a_screen_is_drawn_on_the_terminal_wherever_the_errors_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Textual draws to the interpreter's own standard error."""
    with (tmp_path / "errors").open("w") as errors, (tmp_path / "screen").open("w") as screen:
        monkeypatch.setattr(sys, "__stderr__", errors)
        monkeypatch.setattr(sys, "__stdout__", screen)
        with streams.screen():
            assert sys.__stderr__ is screen
        assert sys.__stderr__ is errors


@pytest.mark.parametrize(
    ("said", "whole"),
    [
        ({}, True),
        ({"LANG": "de_DE.UTF-8"}, True),
        ({"LANG": "de_DE.utf8@euro"}, True),
        ({"LANG": "C.UTF-8"}, True),
        ({"LC_CTYPE": "C.UTF-8"}, True),  # as Python has it where nothing was said
        ({"LANG": "C"}, False),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, False),  # as Python has it where C was said
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "POSIX"}, False),
        ({"LANG": "de_DE.UTF-8", "LC_CTYPE": "ru_RU.KOI8-R"}, False),
        ({"LC_ALL": "ja_JP.eucJP"}, False),
        ({"LC_ALL": "C", "PYTHONIOENCODING": "utf-8:replace"}, True),
        ({"LC_ALL": "C", "PYTHONUTF8": "1"}, True),
        ({"LANG": "de_DE.UTF-8", "PYTHONIOENCODING": "latin-1"}, False),
    ],
)
def test_what_is_said_of_the_locale(
    monkeypatch: pytest.MonkeyPatch, said: Mapping[str, str], whole: bool
) -> None:
    for name in ("LC_ALL", "LC_CTYPE", "LANG", "PYTHONIOENCODING", "PYTHONUTF8"):
        monkeypatch.delenv(name, raising=False)
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    assert streams.speaks_utf8() is whole


@pytest.mark.parametrize(("kind", "can"), [("xterm", True), ("dumb", False), ("unknown", False), ("", False)])
def test_which_terminals_show_a_console(monkeypatch: pytest.MonkeyPatch, kind: str, can: bool) -> None:
    monkeypatch.setenv("TERM", kind)
    assert streams.can_move_its_cursor() is can
