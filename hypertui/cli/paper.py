"""The paper market: a local venue in a process of its own, for as long as the trade runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from hypertui.execution.entry import StartRefused
from hypertui.settings import PaperSettings

_LEAVE_PATIENCE = 5.0


class PaperMarket:
    """Starts at once and is waited for when it is needed. It ends with this process, however that ends."""

    def __init__(self, settings: PaperSettings, symbol: str, log: Path) -> None:
        command = [
            sys.executable,
            "-m",
            "hypertui",
            "venue",
            "--port",
            "0",
            "--until-eof",
            "--symbol",
            symbol,
        ]
        command += ["--seed", str(settings.seed), "--speed", str(settings.speed)]
        command += ["--faucet", str(settings.faucet)]
        if settings.prices is not None:
            command += ["--prices", str(settings.prices)]
        self._log = log
        with log.open("ab") as errors:
            # A session of its own: Ctrl-C and a lost terminal are the engine's to deal with, venue standing.
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )

    def wait(self) -> str:
        """The venue's base URL, once it listens. Blocks; raises StartRefused when it could not start."""
        if self._process.stdout is None:
            raise StartRefused("the paper market has no output", status=4)
        line = self._process.stdout.readline()
        if not line:
            raise StartRefused(f"the paper market could not start: {self._last_words()}")
        return str(json.loads(line)["listening"])

    def close(self) -> None:
        """End it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(_LEAVE_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _last_words(self) -> str:
        words = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return words[-1].removeprefix("hypertui: ") if words else "it said nothing"
