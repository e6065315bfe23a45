"""`hypertui backtest --evidence`: the baselines and the verdict, the count of all tries, and the holdout."""

from __future__ import annotations

import json
from argparse import Namespace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.simulation import replay
from hypertui.backtest.trying import Attempt
from hypertui.cli import main
from hypertui.cli.backtest_evidence import cut, evidence_of
from hypertui.core.market import KNOWN_INSTRUMENTS
from hypertui.core.price_series import load_series
from hypertui.series.ticks import ticks_of
from hypertui.strategy.exits.rules import ExitRules
from hypertui.strategy.ladder.trade_plan import LadderPlan

SOL = ["backtest", "prices.csv", "--symbol", "SOL", "--position-size", "2000"]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the tries are counted; the folder that commands are given in has a price file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    random, price, rows = Random(4), 15_000, ["time,price"]
    for at in range(600):
        price += random.randint(-60, 62)
        rows.append(f"{1_735_689_600_000 + at * 60_000},{price / 100}")
    (tmp_path / "prices.csv").write_text("\n".join(rows) + "\n")
    return tmp_path / "state" / "hypertui" / "trials"


def told(capsys: pytest.CaptureFixture[str], *flags: str) -> dict[str, Any]:
    """The JSON of a backtest with a unit of 1 USD, or another one that is given."""
    unit = () if "--unit-size" in flags else ("--unit-size", "1")
    assert main([*SOL, *unit, "--json", *flags]) == 0
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    return said


def net_of(capsys: pytest.CaptureFixture[str]) -> Decimal:
    """The net PnL that the report says, to the cent."""
    assert main([*SOL, "--unit-size", "1"]) == 0
    (line,) = [each for each in capsys.readouterr().out.splitlines() if each.startswith("net PnL")]
    return Decimal(line.split()[2].replace(",", ""))


def refused(capsys: pytest.CaptureFixture[str], *flags: str) -> str:
    assert main([*SOL, "--unit-size", "1", *flags]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_every_backtest_counts_as_a_try(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for unit in ("1", "2", "1"):
        assert "evidence" not in told(capsys, "--unit-size", unit)
    assert told(capsys, "--evidence")["evidence"]["tries"] == 2
    assert told(capsys, "--evidence", "--fee-rate", "0")["evidence"]["tries"] == 3
    (ledger,) = state.iterdir()
    assert len(ledger.read_text().splitlines()) == 3


def test_another_state_folder_counts_by_itself(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told(capsys)
    said = told(capsys, "--evidence", "--unit-size", "2", "--state-dir", str(tmp_path / "other"))
    assert said["evidence"]["tries"] == 1
    assert (tmp_path / "other" / "trials").exists()
    assert main(["--state-dir", str(tmp_path / "third"), *SOL, "--unit-size", "1"]) == 0
    assert (tmp_path / "third" / "trials").exists()
    assert len(list(state.iterdir())) == 1


def test_evidence_is_beneath_the_report(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SOL, "--unit-size", "1", "--evidence"]) == 0
    report, _, evidence = capsys.readouterr().out.partition("\n\n")
    assert report.splitlines()[-1].startswith("walked")
    labels = [line[:14].strip() for line in evidence.splitlines() if not line.startswith(" ")]
    assert labels[:5] == ["buy and hold", "trailing stop", "flipped ladder", "late fills", "random entries"]
    assert labels[-1] == "verdict"


def test_the_figures_are_those_of_the_report(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = told(capsys, "--evidence")
    evidence = said["evidence"]
    net = net_of(capsys)
    assert (evidence["rung"] == 0) == (net <= 0)
    assert f"{net:+,.2f} USD" in evidence["why"][0]
    coins = Decimal(2000) / Decimal(said["entry_price"])
    fee = coins * Decimal(said["entry_price"]) * Decimal("0.00045")
    assert Decimal(evidence["baselines"]["buy_and_hold"]["fees"]) == pytest.approx(fee, rel=Decimal("1e-3"))
    low, high = (Decimal(each) for each in evidence["net_pnl_interval"])
    assert low < net < high
    assert evidence["parts"] == 256


def test_a_holdout_stays_sealed_until_it_is_opened(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sealed = told(capsys, "--evidence", "--holdout", "20%")
    assert sealed["ticks"] == 480
    assert sealed["file"]["rows"] == 480
    assert (sealed["evidence"]["holdout"], sealed["evidence"]["holdout_rows"]) == (None, 120)
    opened = told(capsys, "--evidence", "--holdout", "20%", "--open-holdout")
    assert {**opened["evidence"]["holdout"], "net_pnl": ""} == {
        "net_pnl": "", "opened_before": 0, "seen_by": 0
    }  # fmt: skip
    alone = [
        line for at, line in enumerate(Path("prices.csv").read_text().splitlines()) if at == 0 or at > 480
    ]
    Path("prices.csv").write_text("\n".join(alone) + "\n")
    assert Decimal(opened["evidence"]["holdout"]["net_pnl"]) == pytest.approx(
        net_of(capsys), abs=Decimal("0.005")
    )


def test_a_second_opening_is_said(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ("--evidence", "--holdout", "20%", "--open-holdout")
    told(capsys, *flags)
    assert told(capsys, *flags)["evidence"]["holdout"]["opened_before"] == 0  # the same look
    other = told(capsys, *flags, "--unit-size", "2")
    assert other["evidence"]["holdout"]["opened_before"] == 1
    assert main([*SOL, "--unit-size", "2", *flags]) == 0
    (line,) = [each for each in capsys.readouterr().out.splitlines() if each.startswith("holdout")]
    assert "; first opened 20" in line


def test_who_has_seen_the_holdout_before_is_counted(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "--unit-size", "3")
    told(capsys, "--unit-size", "4", "--evidence", "--holdout", "50%")
    said = told(capsys, "--evidence", "--holdout", "20%", "--open-holdout")
    assert said["evidence"]["holdout"]["seen_by"] == 1
    assert said["evidence"]["tries"] == 3


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (["--holdout", "20%"], "--holdout goes with --evidence"),
        (["--evidence", "--open-holdout"], "--open-holdout goes with --holdout, which says what was sealed"),
        (
            ["--evidence", "--holdout", "20"],
            "holdout 20 is no percentage above 0% and below 100%, such as 20%",
        ),
        (["--evidence", "--holdout", "100%"], "holdout 100% is no percentage above 0% and below 100%"),
        (["--evidence", "--holdout", "99.99%"], "holdout 99.99% of 600 rows leaves a part empty"),
    ],
)
def test_flags_that_cannot_be_meant_are_refused(
    state: Path, capsys: pytest.CaptureFixture[str], flags: list[str], why: str
) -> None:
    assert why in refused(capsys, *flags)
    assert not state.exists()


def test_a_ledger_that_cannot_be_used_stops_a_judgement_alone(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state.parent.mkdir(parents=True)
    state.touch()
    assert main([*SOL, "--unit-size", "1"]) == 0
    shown = capsys.readouterr()
    assert "net PnL" in shown.out
    assert "this try is not counted among those on its series: folder" in shown.err
    assert f"folder {state} of the trial ledger cannot be made" in refused(capsys, "--evidence")


def test_without_numpy_it_says_what_to_install(
    state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hypertui.core.extras.find_spec", lambda name: None)
    assert main([*SOL, "--unit-size", "1"]) == 0
    capsys.readouterr()
    assert refused(capsys, "--evidence").endswith("--evidence needs numpy: pip install 'hypertui[data]'")


@pytest.mark.parametrize("judged", [True, False])
def test_a_series_in_columns_is_judged_alike(state: Path, tmp_path: Path, judged: bool) -> None:
    said = Namespace(evidence=judged, holdout="20%" if judged else None, open_holdout=judged)
    series = load_series(Path("prices.csv"))
    plan = LadderPlan(KNOWN_INSTRUMENTS["SOL"], Decimal(1), Decimal(2000))
    made = replay(series, plan, blocks=256)
    attempt = Attempt(plan, Costs(), ExitRules())
    rows = evidence_of(cut(series, said), attempt, made, plan, tmp_path / "rows")
    columns = evidence_of(cut(ticks_of(series), said), attempt, made, plan, tmp_path / "columns")
    assert rows == columns
    assert bool(rows.words) is judged
    (one,), (other,) = ((tmp_path / name / "trials").iterdir() for name in ("rows", "columns"))
    assert one.name == other.name
