"""`python -m tests.mutants [--first K] [--count N]`: breaks lines in a copy and says which nobody notices."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.mutants.lines import MUTANTS, Mutant

_ROOT = Path(__file__).parents[2]
_COPIED = ("hypertui", "tests", "pyproject.toml", "config.toml")
# The quick ones first: most mutants live for seconds.
_UNIT = (
    "tests/strategy tests/execution/test_order_manager.py tests/execution/test_order_tracker.py "
    "tests/execution/test_client_ids.py tests/execution/test_second_convergence.py "
    "tests/execution/test_passed_triggers.py tests/execution/test_reasons.py "
    "tests/execution/test_recording.py "
    "tests/execution/test_trade.py tests/execution/test_plausible.py tests/execution/test_protection.py "
    "tests/execution/test_reconciliation.py tests/hyperliquid"
)
_SEEDS = 40


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--first", type=int, default=0, help="the first one, from 0")
    parser.add_argument("--count", type=int, default=len(MUTANTS), help="how many")
    options = parser.parse_args()
    survived = 0
    for number, mutant in list(enumerate(MUTANTS))[options.first :][: options.count]:
        began = time.perf_counter()
        noticed = _noticed(mutant)
        survived += not noticed
        took = f"{time.perf_counter() - began:.0f} s"
        print(f"{number:2} {mutant.file}: {noticed or 'NOBODY NOTICES'} ({took})", flush=True)
    print(f"{survived} survived")
    return 1 if survived else 0


def _noticed(mutant: Mutant) -> str:
    """Who notices, in words; empty where nobody does."""
    with TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in _COPIED:
            source = _ROOT / name
            if source.is_dir():
                skipped = shutil.ignore_patterns("__pycache__", "data", "__snapshots__")
                shutil.copytree(source, copy / name, ignore=skipped)
            else:
                shutil.copy(source, copy / name)
        file = copy / mutant.file
        text = file.read_text()
        assert text.count(mutant.old) == 1, (
            f"{mutant.file} has it {text.count(mutant.old)} times: {mutant.old}"
        )
        file.write_text(text.replace(mutant.old, mutant.new))
        if _fails(copy, "pytest", "-q", "-x", "-p", "no:cacheprovider", *_UNIT.split()):
            return "the unit tests"
        if _fails(copy, "tests.simulation", "--seeds", str(_SEEDS), "--jobs", "1"):
            return f"{_SEEDS} seeds"
    return ""


def _fails(copy: Path, *arguments: str) -> bool:
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    run = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=copy, env=environment, capture_output=True, check=False
    )
    return run.returncode != 0


if __name__ == "__main__":
    sys.exit(main())
