"""The parts of the door: secrets, addresses and rates."""

from __future__ import annotations

import os
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.journal.database import find
from hypertui.journal.intents import IntentJournal
from hypertui.journal.records import IntentRecord
from hypertui.journal.schema import INTENTS
from hypertui.webhook.limits import BURST, AlertRate, WrongSecrets
from hypertui.webhook.origin import address_range, origin
from hypertui.webhook.secrets import HookKind, Hooks

DAY = 86_400_000
PROXIES = (address_range("10.0.0.0/8"), address_range("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "sender"),
    [
        ("1.1.1.1", ["2.2.2.2"], "1.1.1.1"),
        ("10.0.0.1", ["2.2.2.2"], "2.2.2.2"),
        ("10.0.0.1", ["9.9.9.9, 2.2.2.2, 10.3.2.1"], "2.2.2.2"),
        ("10.0.0.1", ["9.9.9.9", "2.2.2.2"], "2.2.2.2"),
        ("10.0.0.1", ["nonsense"], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("::ffff:10.0.0.1", ["2.2.2.2"], "2.2.2.2"),
    ],
)
def test_the_right_most_hop_that_is_no_proxy_is_the_sender(
    peer: str, forwarded: list[str], sender: str
) -> None:
    assert origin(peer, forwarded, PROXIES) == sender


@given(st.lists(st.text(max_size=40), max_size=5), st.ip_addresses().map(str))
def test_what_a_sender_writes_to_the_left_changes_nothing(forged: list[str], real: str) -> None:
    proxied = [*forged, real]
    seen = origin("10.0.0.1", [", ".join(proxied)], PROXIES)
    if not any(seen in (each, each.strip()) for each in forged):
        assert seen in (real, "10.0.0.1")
    if not real.startswith(("10.", "fd")):
        assert seen == real


def test_secrets_are_kept_as_hashes_and_gone_at_once(tmp_path: Path) -> None:
    file = tmp_path / "webhooks.json"
    token = Hooks(file).add("tv", HookKind.PATH, 1)
    hooks = Hooks(file)
    assert len(token) == 64
    assert token not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert hooks.knows_token("tv", token)
    assert not hooks.knows_token("tv", token[:-1])
    assert not hooks.knows_token("other", token)
    assert not hooks.knows_token("other", "")
    with pytest.raises(ValueError, match="already"):
        Hooks(file).add("tv", HookKind.HMAC, 1)
    Hooks(file).remove("tv")
    assert not hooks.knows_token("tv", token)


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "webhooks.json"
    Hooks(file).add("tv", HookKind.PATH, 1)
    file.chmod(0o644)
    with pytest.raises(ValueError, match="chmod 600"):
        Hooks(file).all()
    file.chmod(0o600)
    file.write_text("[]")
    os.utime(file, (1, 1))
    with pytest.raises(ValueError, match="not as it was written"):
        Hooks(file).all()


def test_what_came_to_nothing_goes_after_thirty_days_and_what_led_to_a_command_stays(tmp_path: Path) -> None:
    now = 100 * DAY
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    journal = IntentJournal.open(url, "paper")
    held = IntentRecord("", "paper", "webhook:tv", "", "open", "BTC", 0, now - 31 * DAY, 0, "HELD", "paused")
    try:
        with find(url).engine.begin() as connection:
            connection.execute(INTENTS.insert(), [asdict(replace(held, id=str(n))) for n in range(601)])
        journal.receive(replace(held, id="recent", key="a", received_at=now - 29 * DAY))
        sent = replace(held, key="b", received_at=now - 99 * DAY)
        journal.receive(replace(sent, id="acted", state="DONE", command_id="intent-acted"))
        journal.receive(replace(sent, id="under way", key="c", state="RECEIVED"))
        assert [journal.prune(now), journal.prune(now), journal.prune(now)] == [True, False, False]
        assert {row.id for row in journal.newest(1_000)} == {"recent", "acted", "under way"}
    finally:
        journal.close()


def test_alerts_come_ten_a_minute_after_a_burst() -> None:
    rate = AlertRate()
    assert sum(rate.allows("tv", 0) for _ in range(50)) == BURST
    assert not rate.allows("tv", 5_000)
    assert rate.allows("tv", 6_100)
    assert rate.allows("other", 6_100)
    assert sum(rate.allows("tv", 66_100) for _ in range(50)) == 10


def test_wrong_secrets_of_many_addresses_are_bounded() -> None:
    wrong = WrongSecrets()
    for number in range(5_000):
        assert wrong.answers(f"1.1.{number // 256}.{number % 256}", 0)
    assert len(wrong) == 1_024
    answers = [wrong.answers("2.2.2.2", number) for number in range(31)]
    assert answers == [True] * 30 + [False]
    assert not wrong.answers("2.2.2.2", 3_600_000)
    assert wrong.answers("2.2.2.2", 3_600_100)
