"""`python -m tests.simulation --seeds N [--first K]`: plays seeds, says which fail and why."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial

from tests.simulation.alerts import draw_alerts
from tests.simulation.brackets import draw_bracket, draw_brackets
from tests.simulation.play import Verdict, play
from tests.simulation.scenario import Scenario, draw, draw_desk, draw_exits, draw_guards

_SAY_EVERY = 500
_DRAWN = {
    "exits": draw_exits,
    "guards": draw_guards,
    "alerts": draw_alerts,
    "brackets": draw_brackets,
    "bracket": draw_bracket,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first one")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--trace", action="store_true", help="print every event of every seed")
    parser.add_argument("--calm", action="store_true", help="compare whole states only when all is calm")
    parser.add_argument("--exits", action="store_true", help="one trade in each seed, with exits")
    parser.add_argument("--guards", action="store_true", help="one trade in each seed, with guards")
    parser.add_argument("--alerts", action="store_true", help="brackets beside ladders, and alerts for them")
    parser.add_argument("--brackets", action="store_true", help="brackets, some of them beside ladders")
    parser.add_argument("--bracket", action="store_true", help="one bracket in each seed")
    parser.add_argument("--alone", action="store_true", help="one trade in each seed, not up to four")
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.seeds)
    began = time.monotonic()
    failed, virtual, counts = 0, 0.0, Counter[str]()
    alone = " --alone" if options.alone else ""
    how = next((f" --{name}" for name in _DRAWN if getattr(options, name)), alone)
    played_so = partial(
        play,
        drawn=_drawn(options),
        twins=not options.calm,
    )
    with ProcessPoolExecutor(options.jobs) as pool:
        verdicts = map(played_so, seeds) if options.jobs == 1 else pool.map(played_so, seeds, chunksize=4)
        for played, verdict in enumerate(verdicts, 1):
            failed += bool(verdict.problems)
            virtual += verdict.seconds
            counts += verdict.counts
            _report(verdict, trace=options.trace, how=how)
            if played % _SAY_EVERY == 0:
                print(f"{played} of {len(seeds)} seeds played, {failed} failed", flush=True)
    print(
        f"{len(seeds)} seeds, {failed} failed; {virtual / 3600:.1f} h of virtual time, "
        + ", ".join(f"{count} {name}" for name, count in counts.items())
        + f", in {time.monotonic() - began:.1f} s"
    )
    return 1 if failed else 0


def _drawn(options: argparse.Namespace) -> Callable[[int], Scenario]:
    drawn = (draw for name, draw in _DRAWN.items() if getattr(options, name))
    return next(drawn, draw if options.alone else draw_desk)


def _report(verdict: Verdict, *, trace: bool, how: str) -> None:
    seed = verdict.scenario.seed
    if trace:
        print(f"seed {seed}: {verdict.scenario}")
        for event in verdict.events:
            at = datetime.fromtimestamp(event.at / 1000, UTC).strftime("%M:%S.%f")[:-3]
            print(f"{at} {event.kind:8} {event.text}")
    if verdict.problems:
        again = f"python -m tests.simulation --first {seed} --seeds 1 --trace{how}"
        print(f"seed {seed} fails: {' | '.join(verdict.problems)} -- replay: {again}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
