"""After a night of trading with faults the ledger, the venue and the engine tell of the same money."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from hypertui.journal.history import History
from hypertui.ledger.check import check
from hypertui.ledger.reports.profit import statement
from hypertui.ledger.scope import Scope
from hypertui.port.commands import OnExit
from tests.simulation.door import Boundary, Kill
from tests.simulation.game import Game
from tests.simulation.host import Host
from tests.simulation.loop import VirtualLoop, run
from tests.simulation.process import Process
from tests.simulation.scenario import Faults, draw
from tests.support.ladders import ladder_of

_NIGHT = 8 * 3_600  # seconds; midnight is in the third hour
_FAULTS = Faults(drop=0.05, repeat=0.02, lost=0.02, refuse=0.01, hang_up=0.01, journal=0.002)


class _QuietProcess(Process):
    heart = False
    publish_every = 60_000


class _QuietHost(Host):
    kind = _QuietProcess


class _LongGame(Game):
    """Most of a night is waiting."""

    kind = _QuietHost
    night = 3_400
    beat_at_night = 45.0


def play(folder: Path, seed: int, rounds: int, faults: Faults, kills: tuple[Kill, ...]) -> Game:
    """A trade on a journal in `folder`; with faults there are hours of rest after every round. It is flat at
    the end."""
    scenario = draw(seed)
    scenario = replace(
        scenario,
        config=replace(
            scenario.config,
            on_exit=OnExit.FLATTEN,
            reconcile_every=120_000,
            stale_after=60_000 if kills else scenario.config.stale_after,
            timing=replace(scenario.config.timing, beat=45_000 if kills else 250),
        ),
        faults=faults,
        kills=kills,
        on_file=True,
        operator=False,
        hasty=False,
        short=False,
        early=False,
        reorder=bool(kills) and scenario.reorder,
        thin=scenario.thin if kills else 0.0,
        nights=rounds if kills else 0,
        rounds=rounds,
    )
    loop = VirtualLoop(scenario.to_full_hour)
    # The money is what matters here: that the state follows from its inputs is looked at when all is calm.
    game = (_LongGame if kills else Game)(scenario, loop, folder, twins=False)
    run(loop, game.play())
    return game


def test_a_night_with_faults_comes_to_the_same_money_three_ways(tmp_path: Path) -> None:
    kills = (Kill(Boundary.TIME, 900.0, 5.0), Kill(Boundary.TIME, 20_000.0, 60.0))
    game = play(tmp_path, 5, 8, _FAULTS, kills)
    assert not game.problems
    assert game.loop.now > _NIGHT
    assert len(game.processes) >= 3
    account, ladder = game.venue.account, ladder_of(game.courses[0].trade.tracker)
    assert account.positions == {}
    with History.open(f"sqlite:///{tmp_path / 'journal.db'}") as history:
        scope = Scope(history, "paper")
        verdict, found = check(scope), statement(scope)
    assert verdict.problems == []
    assert verdict.fills == len(account.fills) > 50
    assert verdict.flat_points >= 1
    money = found.totals.pnl + found.totals.funding
    assert money == account.cash - account.deposits == ladder.book.realized_pnl
    assert found.curve.made == money
    assert found.totals.funding == sum((Decimal(paid["usdc"]) for paid in account.funding), Decimal(0))
    assert found.totals.fees == sum((Decimal(fill["fee"]) for fill in account.fills), Decimal(0))
    assert found.curve.capital == account.deposits


def test_without_faults_round_trips_and_cycles_are_the_ladders_own(tmp_path: Path) -> None:
    game = play(tmp_path, 5, 4, Faults(), ())
    ladder = ladder_of(game.courses[0].trade.tracker)
    with History.open(f"sqlite:///{tmp_path / 'journal.db'}") as history:
        found = statement(Scope(history, "paper"))
    assert found.cycles.round_trips == ladder.round_trips.count > 10
    assert found.cycles.whipsaw_cost == ladder.round_trips.whipsaw_cost > 0
    assert found.cycles.ended == ladder.cycles.number - 1
