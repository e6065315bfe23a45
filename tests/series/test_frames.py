"""Recordings and archives: what each layout tells of prices, and a recording that is cut off anywhere."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hypertui.core.price_series import PriceKind, Series, SeriesError
from hypertui.series.loading import load_ticks
from hypertui.series.prices import load_prices
from hypertui.series.recording.reader import lines_of
from hypertui.series.recording.writer import RecordingWriter
from hypertui.series.ticks import ticks_of
from hypertui.venue.market.sources import price_source
from hypertui.venue.model.options import VenueOptions

AT = 1_764_500_000_000


def book(coin: str, bid: str, ask: str, time: int) -> dict[str, object]:
    levels = [[{"px": bid, "sz": "1", "n": 1}], [{"px": ask, "sz": "2", "n": 1}]]
    return {"channel": "l2Book", "data": {"coin": coin, "time": time, "levels": levels}}


def fill(coin: str, price: str, time: int, tid: int, side: str = "B") -> dict[str, object]:
    return {"coin": coin, "px": price, "sz": "1", "side": side, "time": time, "tid": tid}


def context(coin: str, mark: str, mid: str | None) -> dict[str, object]:
    return {"channel": "activeAssetCtx", "data": {"coin": coin, "ctx": {"markPx": mark, "midPx": mid}}}


def lines(path: Path, rows: list[object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_books_of_the_archive_give_mids_at_the_time_of_the_exchange(tmp_path: Path) -> None:
    rows: list[object] = [
        {"time": "2030-01-01T00:00:00.05", "ver_num": 1, "raw": book("SOL", "150.1", "150.2", AT)},
        {"time": "2030-01-01T00:00:00.06", "ver_num": 1, "raw": {"channel": "other", "data": {}}},
        {"time": "2030-01-01T00:00:01.05", "ver_num": 1, "raw": book("SOL", "150.1", "150.4", AT + 500)},
    ]
    found = load_prices(lines(tmp_path / "SOL", rows), "SOL")
    assert found == Series((Decimal("150.15"), Decimal("150.25")), (AT, AT + 500))
    assert found.notes == ("mid prices",)


def test_fills_of_the_archive_count_once_for_both_sides(tmp_path: Path) -> None:
    pairs = [
        ["0xa", fill("SOL", "150.5", AT, 1)],
        ["0xb", fill("SOL", "150.5", AT, 1, "A")],
        ["0xa", fill("BTC", "64000", AT, 2)],
        ["0xa", fill("SOL", "150.75", AT + 5, 3)],
    ]
    block = {"local_time": "2026", "block_time": "2026", "block_number": 1}
    blocks = [{**block, "events": pairs}, {**block, "events": []}]
    for name, rows in (("fills", pairs), ("blocks", blocks)):
        path = lines(tmp_path / name, list(rows))
        found = load_prices(path, "SOL")
        assert found == Series((Decimal("150.5"), Decimal("150.75")), (AT, AT + 5))
        assert found.notes == ("holds 2 symbols, 'SOL' is taken", "last prices")
        ticks = load_ticks(path, "SOL")
        assert ticks.digest == ticks_of(found).digest
        with pytest.raises(SeriesError, match="holds 2 symbols, one is wanted"):
            load_prices(path)


def test_trades_of_the_archive_are_a_table(tmp_path: Path) -> None:
    told = [
        ("SOL", "150.5", "2025-03-22T10:00:02.015123456"),
        ("BTC", "64000", "2025-03-22T10:00:02.115"),
        ("SOL", "150.25", "2025-03-22T10:00:03"),
    ]
    rows: list[object] = [
        {"coin": coin, "side": "B", "time": time, "px": price, "sz": "1", "hash": "0x"}
        for coin, price, time in told
    ]
    found = load_prices(lines(tmp_path / "trades", rows), "SOL")
    assert found.prices == (Decimal("150.5"), Decimal("150.25"))
    assert found.times[1] - found.times[0] == 985


def recorded(folder: Path, rows: list[tuple[int, object]], most: int = 10**6) -> RecordingWriter:
    writer = RecordingWriter(folder, most)
    for at, frame in rows:
        writer.frame(at, frame if isinstance(frame, str) else json.dumps(frame))
    writer.close()
    return writer


FRAMES: list[tuple[int, object]] = [
    (AT, context("SOL", "150", "150.5")),
    (AT + 1, book("SOL", "150", "152", 5)),
    (AT + 2, {"channel": "trades", "data": [fill("SOL", "149", AT - 9, 7), fill("SOL", "148", AT - 10, 6)]}),
    (AT + 3, {"channel": "bbo", "data": {"coin": "SOL", "time": 5, "bbo": [{"px": "150"}, {"px": "151"}]}}),
    (AT + 4, {"channel": "bbo", "data": {"coin": "SOL", "time": 5, "bbo": [{"px": "150"}, None]}}),
    (AT + 5, "no JSON"),
    (AT + 6, context("SOL", "150.25", None)),
    (AT + 7, {"channel": "bbo", "data": {"coin": "SOL", "time": 5, "bbo": [{"px": "151"}, {"px": "152"}]}}),
    (AT + 8, {"channel": "trades", "data": [fill("SOL", "149", AT - 9, 7)]}),
    (AT + 9, context("BTC", "64000", "64001")),
]


def test_a_recording_has_mark_mid_and_last(tmp_path: Path) -> None:
    recorded(tmp_path / "rec", FRAMES)
    marks = load_prices(tmp_path / "rec", "SOL")
    assert marks == Series((Decimal(150), Decimal("150.25")), (AT, AT + 6))
    assert marks.notes[-1] == "mark prices; it has mid and last prices too"
    mids = load_prices(tmp_path / "rec", "SOL", PriceKind.MID)  # of best bid and ask, not of the book
    assert mids == Series((Decimal("150.5"), Decimal("151.5")), (AT + 3, AT + 7))
    last = load_prices(tmp_path / "rec", "SOL", PriceKind.LAST)  # when they traded, each once
    assert last == Series((Decimal(148), Decimal(149)), (AT - 10, AT - 9))
    assert load_ticks(tmp_path / "rec", "SOL", PriceKind.LAST).price(0) == 148
    with pytest.raises(SeriesError, match="has 1 mark price, at least 2 are needed"):
        load_prices(tmp_path / "rec", "BTC")
    (file,) = (tmp_path / "rec").iterdir()
    assert load_prices(file, "SOL") == marks
    assert json.loads(gzip.decompress(file.read_bytes()).splitlines()[5]) == {
        "at": AT + 5,
        "frame": "no JSON",
    }


def test_a_recording_drives_the_local_venue(tmp_path: Path) -> None:
    recorded(tmp_path / "rec", FRAMES)
    source = price_source(VenueOptions(prices=tmp_path / "rec", symbol="SOL"))
    assert source.initial()["SOL"] == 150
    steps = [(step.time, step.price) for step in source.advance(100) if step.symbol == "SOL"]
    assert steps == [(6, Decimal("150.25"))]


def test_files_end_by_size_and_by_the_hour_and_follow_each_other(tmp_path: Path) -> None:
    rows: list[tuple[int, object]] = [(AT + 300 * n, context("SOL", str(100 + n), None)) for n in range(40)]
    by_size = recorded(tmp_path / "size", rows, most=150)
    assert 3 < by_size.files < 40
    assert load_prices(tmp_path / "size", "SOL").prices == tuple(Decimal(100 + n) for n in range(40))
    start = AT // 3_600_000 * 3_600_000 - 1
    by_hour = recorded(tmp_path / "hour", [(start + 3_600_000 * n, rows[n][1]) for n in range(3)])
    assert by_hour.files == 3
    again = recorded(tmp_path / "hour", [(start, context("SOL", "1", None))])
    assert (again.files, len(list((tmp_path / "hour").iterdir()))) == (1, 4)  # nothing is written over


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_a_file_that_is_cut_off_anywhere_is_read_up_to_its_last_whole_frame(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    writer = RecordingWriter(folder, 10**6)
    sizes = []
    for number in range(30):  # each in a time of its own, after which the system has it
        writer.frame(AT + 300 * number, json.dumps(context("SOL", str(100 + number), None)))
        writer.flush()
        (path,) = folder.iterdir()
        sizes.append(path.stat().st_size)
    writer.close()
    whole = path.read_bytes()
    cut = data.draw(st.integers(0, len(whole) - 1))
    path.write_bytes(whole[:cut])
    notes: list[str] = []
    found = [json.loads(line)["frame"]["data"]["ctx"]["markPx"] for _, line in lines_of(folder, notes)]
    least = sum(size <= cut for size in sizes)
    assert len(found) >= least
    assert found == [str(100 + number) for number in range(len(found))]
    assert any("is cut off behind line" in note for note in notes)


def test_a_recorder_that_is_killed_leaves_what_it_had_written(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path\n"
        "from hypertui.series.recording.writer import RecordingWriter\n"
        "writer = RecordingWriter(Path(sys.argv[1]), 10**6)\n"
        f"frame = {json.dumps(context('SOL', '150', None))!r}\n"
        "for number in range(50): writer.frame(1764500000000 + number, frame)\n"
        "writer.flush(); print('written', flush=True)\n"
        "writer.frame(1764500000050, frame); time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "rec")], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        os.kill(process.pid, signal.SIGKILL)
    found = load_prices(tmp_path / "rec", "SOL")
    assert len(found.prices) == 50
    assert "is cut off behind line 50: read up to there" in found.notes[0]


def test_what_is_damaged_is_read_up_to_there(tmp_path: Path) -> None:
    writer = RecordingWriter(tmp_path, 10**6)
    for number in range(10):
        writer.frame(AT + 300 * number, json.dumps(context("SOL", "150", None)))
        writer.flush()
    writer.close()
    (path,) = tmp_path.iterdir()
    data = bytearray(path.read_bytes())
    data[-60:] = bytes(60)
    path.write_bytes(data)
    found = load_prices(tmp_path, "SOL")
    assert 1 < len(found.prices) < 10
    assert "read up to there" in found.notes[0]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([{"raw": book("SOL", "0", "1", AT)}], "line 1 is in none of the layouts"),
        ([{"raw": book("SOL", "1", "1", AT)}, {"other": 1}], "line 2 is in none of the layouts"),
        ([["0xa", {"px": "1"}]], "line 1 is in none of the layouts"),
        ([{"at": AT, "frame": {"channel": "x", "data": 1}}], "has 0 prices, at least 2 are needed"),
        ([{"at": "soon", "frame": context("SOL", "1", None)}], "line 1 is in none of the layouts"),
    ],
)
def test_lines_that_are_not_understood_are_named(tmp_path: Path, rows: list[object], says: str) -> None:
    with pytest.raises(SeriesError, match=says):
        load_prices(lines(tmp_path / "x", rows), "SOL")


def test_a_folder_of_something_else_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(SeriesError, match="is a folder without a file of a recording"):
        load_prices(tmp_path)
