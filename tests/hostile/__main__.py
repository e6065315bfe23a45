"""Many storms, one line each: python -m tests.hostile --runs 100 --from 1"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from tests.hostile.storm import run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile")
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--from", type=int, default=1, dest="first")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--lies", action="store_true", help="false answers and messages too")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    failed: Counter[str] = Counter()
    began = time.monotonic()
    for seed in range(options.first, options.first + options.runs):
        verdict = run(seed, options.seconds, options.lies)
        print(verdict.line(), flush=True)
        if options.verbose or verdict.problems:
            print(f"    {verdict.happened}", flush=True)
        for line in verdict.story:
            print(f"    {line}", flush=True)
        failed.update({problem[:40] for problem in verdict.problems})
    print(f"{options.runs} runs in {time.monotonic() - began:.0f} s, {sum(failed.values())} problems")
    for problem, count in failed.most_common():
        print(f"{count:4} {problem}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
