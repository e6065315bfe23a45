"""A process that is killed between queueing a notice and hearing that it has left."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

from hypertui.core.clock import wall_ms
from hypertui.notices.conditions import Notice
from hypertui.notices.dispatcher import Dispatcher
from hypertui.notices.outbox import Outbox, newest
from hypertui.port.snapshot import Severity
from tests.notices.parts import receiving
from tests.support.prefork import Process

DEADLINE = 30
# What an engine's notices do, until they are killed: the channel never answers.
PROGRAM = """
import random, sys
from pathlib import Path
from hypertui.core.clock import wall_ms
from hypertui.notices.channels import Channel
from hypertui.notices.conditions import notice
from hypertui.notices.dispatcher import Dispatcher
from hypertui.port.snapshot import Severity
channel = Channel("json 1", Severity.INFO, sys.argv[2])
dispatcher = Dispatcher([channel], Path(sys.argv[1]), random.Random(7), wall_ms, "paper")
dispatcher.begin()
for text in ("first", "second"):
    dispatcher.queue(notice(wall_ms(), Severity.CRITICAL, "BTC", text, text))
dispatcher.hand_out()
dispatcher.settle(60)
"""


def test_what_was_queued_leaves_after_the_next_start(tmp_path: Path) -> None:
    file = tmp_path / "notices.db"
    with receiving() as hanging:
        hanging.hold.clear()
        process = Process([sys.executable, "-c", PROGRAM, str(file), hanging.url], stderr=subprocess.PIPE)
        with process:
            assert hanging.came.acquire(timeout=DEADLINE), "it has begun to send"
            process.send_signal(signal.SIGKILL)
            assert process.wait(DEADLINE) == -signal.SIGKILL
    found = [(row.notice.text, row.state.value, row.attempts) for row in newest(file, 5)]
    assert found == [("second", "pending", 0), ("first", "pending", 1)], "the attempt was written down first"
    later = newest(file, 5)[1].next  # when the attempt that nobody heard of counts as failed
    with receiving() as receiver:
        dispatcher = Dispatcher([receiver.channel()], file, random.Random(7), lambda: later, "paper")
        dispatcher.begin()
        for _ in range(3):
            dispatcher.hand_out()
            dispatcher.settle(DEADLINE if not dispatcher.is_idle() else 0.0)
        assert dispatcher.is_idle()
        dispatcher.close()
    assert receiver.texts == ["second", "first"]
    found = [(row.notice.text, row.state.value, row.attempts) for row in newest(file, 5)]
    assert found == [("second", "sent", 1), ("first", "sent", 2)]


def test_two_engines_with_one_queue_send_each_notice_once(tmp_path: Path) -> None:
    file = tmp_path / "notices.db"
    with receiving() as receiver:
        both = [Dispatcher([receiver.channel()], file, random.Random(7), wall_ms, "paper") for _ in range(2)]
        for each in both:
            each.begin()
        outbox = Outbox.open(file)
        for number in range(10):
            outbox.add(Notice(wall_ms(), Severity.WARNING, "BTC", "k", str(number)), ["json 1"])
        outbox.close()
        while not all(each.is_idle() for each in both):
            for each in both:
                each.hand_out()
            for each in both:
                each.settle(0.01)
        for each in both:
            each.close()
    assert sorted(receiver.texts, key=int) == [str(number) for number in range(10)]
