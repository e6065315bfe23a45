"""The door for alerts: who comes in, what each answer is, and that nothing secret is told again."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from hypertui.port.snapshot import Alarm, Severity
from hypertui.webhook.secrets import signature
from tests.intents.alerts import AlertedEngine, alerted, now_text, wall_clock
from tests.intents.reverse_proxy import HEADER, reverse_proxy
from tests.support.live_engine import wait_until
from tests.support.local_venue import LocalVenue

PAUSE = '{"action": "pause", "time": "%s"}'


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue() as venue:
        yield venue


def test_the_status_says_what_is_wrong(venue: LocalVenue, tmp_path: Path) -> None:
    with alerted(venue, tmp_path) as engine:
        wrong = engine.path[:-1] + ("0" if engine.path[-1] != "0" else "1")
        assert engine.post(PAUSE % now_text(), wrong)[0] == 401
        assert engine.post(PAUSE % now_text(), engine.path.replace("tv-sol", "tv-btc"))[0] == 401
        assert engine.post(PAUSE % now_text(), "/")[0] == 401
        assert engine.post("x" * 9_000)[0] == 413
        assert engine.post(b"\xff\xfe")[0] == 422
        assert engine.post('{"action": "pause"}')[0] == 422
        assert engine.post(PAUSE % now_text(-90_000))[1]["reason"] == "stale"
        assert engine.post(PAUSE % now_text(20_000))[1]["reason"] == "stale"
        assert engine.alert("open", size=5)[1]["reason"] == "not-allowed"
        assert engine.alert("sell", market_position="short")[0] == 403
        assert engine.alert("open", symbol="BTCUSDT")[0] == 403
        status, said = engine.alert("pause", time=now_text())
        assert (status, set(said)) == (202, {"id", "state"})
        assert not engine.live.held()
        assert engine.ends_as(said["id"], "REJECTED").reason == "nothing-open"
        assert dict(engine.desk.view.denied) == {"path": 1, "secret": 2, "size": 1}


def test_an_alert_that_was_recorded_and_sent_again_a_day_later_is_stale(
    venue: LocalVenue, tmp_path: Path
) -> None:
    ahead = [0]
    with alerted(venue, tmp_path, wall=lambda: wall_clock() + ahead[0]) as engine:
        body = PAUSE % now_text()
        assert engine.post(body)[0] == 202
        assert engine.post(body)[0] == 200
        ahead[0] = 86_400_000
        status, said = engine.post(body)
        assert (status, said["reason"]) == (422, "stale")


def test_a_signature_is_for_one_body_and_for_now(venue: LocalVenue, tmp_path: Path) -> None:
    with alerted(venue, tmp_path) as engine:
        body, key, now = (PAUSE % now_text()).encode(), engine.tokens["signed"], wall_clock() // 1_000

        def post(at: int, signed: bytes = body, secret: str = key) -> int | None:
            header = f"t={at},v1={signature(secret, str(at), signed)}"
            return engine.post(body, "/hook/signed", {"X-Hook-Signature": header})[0]

        assert post(now) == 202
        assert post(now - 400) == post(now + 400) == 401
        assert post(now, b"another body") == 401
        assert post(now, secret="0" * 64) == 401
        assert engine.post(body, "/hook/signed")[0] == 401
        assert engine.post(body, f"/hook/signed/{key}")[0] == 401  # its key is no address
        assert engine.post(body, "/hook/tv-sol", {"X-Hook-Signature": "t=1,v1=2"})[0] == 401


def test_thirty_wrong_secrets_get_no_answer_any_more_and_right_ones_still_do(
    venue: LocalVenue, tmp_path: Path
) -> None:
    with alerted(venue, tmp_path) as engine:
        statuses = [engine.post("x", "/hook/tv-sol/nothing")[0] for _ in range(32)]
        assert statuses == [401] * 30 + [None] * 2
        assert engine.alert("pause")[0] == 202


def test_a_header_is_believed_from_a_trusted_proxy_alone(venue: LocalVenue, tmp_path: Path) -> None:
    forged = {"X-Forwarded-For": "52.89.214.238"}
    with alerted(venue, tmp_path, allowed=("52.89.214.0/24",)) as engine:
        assert engine.post(PAUSE % now_text(), headers=forged)[0] == 403


def test_behind_a_trusted_proxy_the_right_most_hop_counts(venue: LocalVenue, tmp_path: Path) -> None:
    with alerted(venue, tmp_path, allowed=("52.89.214.0/24",), trusted=("127.0.0.0/8",)) as engine:
        body = PAUSE % now_text()
        assert engine.post(body, headers={"X-Forwarded-For": "52.89.214.238, 6.6.6.6"})[0] == 403
        assert engine.post(body, headers={"X-Forwarded-For": "6.6.6.6, 52.89.214.238"})[0] == 202


@pytest.mark.parametrize("appends", [True, False])
def test_through_a_reverse_proxy_the_sender_is_who_connected_to_it(
    venue: LocalVenue, tmp_path: Path, appends: bool
) -> None:
    friend, stranger = "127.0.0.2", "127.0.0.3"
    with (
        alerted(venue, tmp_path, allowed=(friend,), trusted=("127.0.0.1",)) as engine,
        reverse_proxy(engine.port, appends=appends) as proxy,
    ):
        assert _from(friend, proxy, engine.path) == 202
        assert _from(friend, proxy, engine.path, stranger) == 202, "what it writes itself counts for nothing"
        assert _from(stranger, proxy, engine.path) == 403
        assert _from(stranger, proxy, engine.path, friend) == 403
        assert _from(stranger, proxy, engine.path, f"{friend}, 127.0.0.1") == 403
        assert _from(stranger, engine.port, engine.path, friend) == 403, "nor past the proxy"
        assert dict(engine.desk.view.denied) == {"address": 4}


def _from(address: str, port: int, path: str, forged: str = "") -> int:
    """The status of an alert from an address of this machine, sent to a port."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10, source_address=(address, 0))
    body = json.dumps({"action": "pause", "time": now_text(), "id": f"{address} {forged}"})
    try:
        connection.request("POST", path, body, {HEADER: forged} if forged else {})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def test_too_many_alerts_of_a_source_are_not_taken(venue: LocalVenue, tmp_path: Path) -> None:
    with alerted(venue, tmp_path) as engine:
        statuses = [engine.alert("pause", id=str(number))[0] for number in range(21)]
        assert statuses == [202] * 20 + [429]
        assert len(engine.rows()) == 20


def test_a_slow_sender_is_cut_off(venue: LocalVenue, tmp_path: Path) -> None:
    with alerted(venue, tmp_path) as engine:
        slow = [socket.create_connection(("127.0.0.1", engine.port)) for _ in range(3)]
        for number, connection in enumerate(slow):
            head = f"POST {engine.path} HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\n"
            connection.sendall(head.encode()[: 20 if number == 0 else None])
            if number == 2:
                connection.sendall(b"\r\n{")
        assert engine.alert("pause")[0] == 202
        wait_until(lambda: dict(engine.desk.view.denied).get("slow") == 3, "the slow ones to be cut off")
        for connection in slow:
            with connection:
                connection.settimeout(5)
                assert _is_cut(connection)
        assert len(engine.rows()) == 1


def _is_cut(connection: socket.socket) -> bool:
    try:
        return connection.recv(1_000) == b""
    except ConnectionResetError:
        return True


def test_what_cannot_be_written_is_wanted_again(venue: LocalVenue, tmp_path: Path) -> None:
    with alerted(venue, tmp_path) as engine:
        assert engine.alert("pause")[0] == 202
        from sqlalchemy import text

        from hypertui.journal.database import find

        with find(engine.url).engine.begin() as connection:
            connection.execute(text("ALTER TABLE intents RENAME TO hidden"))
        assert engine.alert("open")[0] == 503
        assert not engine.live.held()
        assert engine.live.snapshot.waits
        assert "cannot be written down" in _alarms(engine)["webhook tv-sol journal"].text
        with find(engine.url).engine.begin() as connection:
            connection.execute(text("ALTER TABLE hidden RENAME TO intents"))
        assert engine.alert("resume")[0] == 202
        assert not _alarms(engine)["webhook tv-sol journal"].active


def test_a_door_that_closes_is_an_alarm(
    venue: LocalVenue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("hypertui.webhook.server.admitted")
    with alerted(venue, tmp_path) as engine:
        engine.live.wait_for(lambda: "alerts" in _alarms(engine), "the alarm")
        assert _alarms(engine)["alerts"].severity is Severity.CRITICAL
        assert _alarms(engine)["alerts"].text.startswith("no alert is taken any more until the next start: ")


def _alarms(engine: AlertedEngine) -> dict[str, Alarm]:
    return {each.key: each for each in engine.live.engine.view.intents.alarms}


def test_no_row_holds_a_secret(venue: LocalVenue, tmp_path: Path) -> None:
    with alerted(venue, tmp_path) as engine:
        token = engine.tokens["tv-sol"]
        assert engine.post(json.dumps({"action": "pause", "time": now_text(), token: token}))[0] == 422
        assert engine.post(json.dumps({"action": token, "time": token}))[0] == 422
        assert token not in (tmp_path / "webhooks.json").read_text()
        rows = "".join(map(str, engine.rows()))
        assert token not in rows
