"""A process that is forked is to its program what one is that was started."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.live_engine import wait_until
from tests.support.prefork import Process, run_to_end

# Everything that a program could go by, on standard output, and words on the other stream.
_SAID = """
import os, signal, sys, threading
print(sys.argv, os.getcwd(), sys.path[0], __name__, threading.active_count())
print(*sorted(os.environ.items()), os.getsid(0) == os.getpid(), sys.stdin.read(), sep="\\n")
for stream in (sys.stdin, sys.stdout, sys.stderr):
    again = getattr(sys, f"__{stream.name[1:-1]}__")
    print(stream.name, stream.encoding, stream.errors, stream.isatty(), stream is again)
print([(each.name, signal.getsignal(each)) for each in (signal.SIGTERM, signal.SIGPIPE)])
print(sorted(os.listdir("/proc/self/fd"))[:3], file=sys.stderr)
"""
_ENDS = {
    "status": "raise SystemExit(7)",
    "words": "raise SystemExit('last words')",
    "defect": "1 / 0",
    "at exit": "import atexit; atexit.register(print, 'left')",
    "thread": "import threading, time; threading.Thread(target=lambda: print(time.sleep(0.1))).start()",
    "full": "import sys; sys.stdout = open('/dev/full', 'w'); print('lost')",
    "killed": "import os; os.kill(os.getpid(), 9)",
}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere none is forked")


@pytest.mark.parametrize("session", [False, True])
def test_it_sees_the_same(tmp_path: Path, session: bool) -> None:
    (tmp_path / "input").write_text("given\n")
    command = [sys.executable, "-c", _SAID, "one", "-two"]
    env = {**os.environ, "SOMETHING": "else", "HOME": str(tmp_path)}
    options = {"cwd": tmp_path, "env": env, "capture_output": True, "start_new_session": session}
    with (tmp_path / "input").open() as given:
        started = subprocess.run(command, stdin=given, text=True, check=False, **options)  # type: ignore[call-overload]
    with (tmp_path / "input").open() as given:
        forked = run_to_end(command, stdin=given, **options)
    assert started.returncode == 0
    assert set(forked.stdout.splitlines()) ^ set(started.stdout.splitlines()) == set()
    assert (forked.returncode, forked.stdout, forked.stderr) == (0, started.stdout, started.stderr)


@pytest.mark.parametrize("program", _ENDS.values(), ids=_ENDS)
def test_it_ends_the_same(program: str) -> None:
    command = [sys.executable, "-c", program]
    started = subprocess.run(command, capture_output=True, text=True, check=False)
    forked = run_to_end(command, capture_output=True)
    assert (forked.returncode, forked.stdout) == (started.returncode, started.stdout)
    assert forked.stderr.splitlines()[-1:] == started.stderr.splitlines()[-1:]


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_signals_reach_it_whoever_ignores_them(number: signal.Signals) -> None:
    program = "import time; print('there', flush=True); time.sleep(60)"
    with Process(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "there\n"
        assert process.poll() is None
        process.send_signal(number)
        assert process.wait(10) == -number


def test_it_has_the_files_that_are_passed_on(tmp_path: Path) -> None:
    with (tmp_path / "first").open("w+") as first, (tmp_path / "second").open("w+") as second:
        passed = (first.fileno(), second.fileno())
        program = f"import os\nfor number in {passed}: os.write(number, b'%d' % number)"
        with Process([sys.executable, "-c", program], pass_fds=passed) as process:
            assert process.wait(10) == 0
    assert [(tmp_path / name).read_text() for name in ("first", "second")] == [str(each) for each in passed]


def children(number: int) -> list[str]:
    """The programs of the processes that a process has started."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has gone
            if int((process / "stat").read_text().rpartition(")")[2].split()[1]) == number:
                found.append((process / "cmdline").read_text())
    return found


def test_what_a_command_starts_is_forked_too_and_ends_with_it(tmp_path: Path) -> None:
    env = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "hypertui", "run", "--headless"]
    lock = tmp_path / "hypertui" / "paper" / "lock"
    with Process(command, env=env, cwd=tmp_path, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert "paper" in process.stdout.readline(), "its market listens"
        started = children(process.pid)
        assert len(started) == 2 and all("tests.support.prefork" in each for each in started), started
        process.kill()
        process.wait(10)

    def is_free() -> bool:
        with lock.open() as file, suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False

    wait_until(is_free, "the market to end, and its lock with it")


def test_what_a_fork_comes_too_late_for_is_started() -> None:
    program = "import sys; print('sqlalchemy' in sys.modules)"
    command = [sys.executable, "-c", program]
    assert run_to_end(command, capture_output=True).stdout == "True\n"
    for name in ("PYTHONUTF8", "LC_ALL", "TEXTUAL_FPS"):
        env = {**os.environ, name: "C" if name == "LC_ALL" else "1"}
        assert run_to_end(command, capture_output=True, env=env).stdout == "False\n"
