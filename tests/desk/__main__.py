"""Minutes of three trades in one engine, and what was wrong in them: python -m tests.desk --minutes 10"""

from __future__ import annotations

import argparse
import sys

from tests.desk.rehearsal import Rehearsal


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.desk")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rehearsal = Rehearsal(options.seed)
    rehearsal.run(60 * options.minutes)
    print(rehearsal.line())
    return 1 if rehearsal.problems else 0


if __name__ == "__main__":
    sys.exit(main())
