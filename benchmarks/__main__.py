"""`python -m benchmarks [NAME ...]` runs all benchmarks, or the named ones."""

import json
import sys

from benchmarks import (
    attached,
    backtest,
    commit,
    console,
    ledger,
    many,
    pipeline,
    replay,
    restart,
    series,
    startup,
    sweep,
    venue,
)

BENCHMARKS = {
    "help": startup.help_text,
    "first-paint": startup.first_paint,
    "replay": replay.walk,
    "sweep": sweep.thousand_units,
    "sweep-memory": sweep.memory,
    "backtest-sparse": backtest.sparse,
    "backtest-dense": backtest.dense,
    "backtest-memory": backtest.memory,
    "backtest-nautilus": backtest.nautilus,
    "load-parquet": series.parquet,
    "load-csv": series.csv,
    "commit": commit.step,
    "group-commit": commit.group,
    "ledger": ledger.recompute,
    "restart": restart.a_million_inputs,
    "pipeline": pipeline.step,
    "many": many.step,
    "attached": attached.step,
    "console": console.tick,
    "desk": console.desk,
    "venue-orders": venue.orders,
    "venue-fanout": venue.fanout,
    "venue-memory": venue.memory,
}


def main() -> int:
    names = sys.argv[1:] or list(BENCHMARKS)
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    for name in names:
        print(json.dumps({"benchmark": name, **BENCHMARKS[name]()}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
