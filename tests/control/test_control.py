"""The control socket over a live engine: what it answers, and what a hostile client achieves."""

from __future__ import annotations

import json
import os
import socket
import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from hypertui.engine.live_trade import LiveTrade
from hypertui.port.commands import CommandState, Verb
from hypertui.port.engine import EngineView
from hypertui.port.snapshot import Mode, Severity, Snapshot
from hypertui.server import addresses, protocol
from hypertui.server.client import Asked, CommandAnswer, ControlClient, NoEngine, OtherEngine, engines
from hypertui.server.server import ControlServer
from hypertui.server.view_codec import ViewEncoder
from tests.console import states
from tests.support.live_engine import LiveEngine, wait_until
from tests.support.local_venue import LocalVenue

TRADE = {"name": "SOL", "account": "0x1", "symbol": "SOL", "mode": "running"}
HELLO = {
    "type": "hello",
    "protocol": protocol.PROTOCOL,
    "program": "9.9.9",
    "network": "paper",
    "pid": 1,
    "trades": [TRADE],
}


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveEngine]:
    with (
        LocalVenue({"SOL": Decimal(150)}) as venue,
        LiveEngine(venue) as live,
        ControlServer(live.engine, tmp_path),
    ):
        live.opened()
        wait_until(lambda: bool(addresses.found(tmp_path)), "the socket")
        yield live


def client(state: Path) -> ControlClient:
    (found,) = engines(state)
    return found


def raw(state: Path) -> socket.socket:
    (path,) = addresses.found(state)
    return addresses.connect(path, 10.0)


def told(
    engine: ControlClient, id: str, verb: Verb, patience: float, position: str | None = None
) -> Iterator[CommandAnswer]:
    """What becomes of a command for the only trade."""
    return engine.command(Asked(id, verb, position=position), patience)


def read_to_end(connection: socket.socket) -> bytes:
    """All that comes before the other side closes, which it must."""
    data = b""
    try:
        while read := connection.recv(65_536):
            data += read
    except ConnectionError:
        pass
    return data


def works(state: Path, live: LiveEngine) -> None:
    """The engine trades, and answers at the socket."""
    with client(state) as other:
        view, _ = other.status()
    snapshot = view.first
    assert snapshot.mode is Mode.RUNNING
    unit = live.unit
    live.go_to(unit - 1)
    live.go_to(unit)


def test_it_says_who_it_is_and_what_is_so(live: LiveEngine, tmp_path: Path) -> None:
    with client(tmp_path) as found:
        assert (found.hello.network, found.hello.pid) == ("paper", os.getpid())
        (named,) = found.hello.trades
        assert (named.name, named.symbol, named.account) == ("SOL", "SOL", live.key.address.lower())
        view, as_json = found.status()
    snapshot = view.first
    assert snapshot.position == live.held()
    assert [slot.level for slot in snapshot.slots] == [-4, -3, -2, -1]
    assert as_json["trades"][0]["position"] == f"{live.held()}"
    (path,) = addresses.found(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_verb_that_has_to_wait_says_so_and_is_told_to_its_end(live: LiveEngine, tmp_path: Path) -> None:
    live.go_to(-1)
    live.venue.fail("http-429", only="cancelByCloid")
    with client(tmp_path) as found:
        answers = told(found, "one", Verb.CANCEL_BUYS, 20.0)
        said = [(answer.state, answer.text) for answer in (next(answers), next(answers))]
        waits = (CommandState.ACKNOWLEDGED, "waits for the exchange")
        assert said == [(CommandState.ACKNOWLEDGED, ""), waits]
        live.venue.call(lambda: live.venue.server.faults.off("http-429"))
        assert [answer.state for answer in answers] == [CommandState.CONFIRMED]


def test_a_verb_is_told_to_its_end(live: LiveEngine, tmp_path: Path) -> None:
    live.go_to(-2)
    with client(tmp_path) as found:
        answers = list(told(found, "one", Verb.CANCEL_BUYS, 20.0))
        assert [answer.state for answer in answers] == [CommandState.ACKNOWLEDGED, CommandState.CONFIRMED]
        assert "live stops for" in answers[-1].text
        assert all(order["side"] == "A" for order in live.working())
        again = list(told(found, "one", Verb.CANCEL_BUYS, 20.0))
        assert (again[-1].state, again[-1].text) == (answers[-1].state, answers[-1].text)
        done = [event for event in live.events("command") if event.data["state"] == "confirmed"]
        assert len(done) == 1  # the same id does nothing twice
        # Counted from the same moment, the end never comes before the first answer.
        assert answers[0].took <= answers[1].took
        (last,) = [answer for answer in told(found, "two", Verb.RESUME, 20.0) if answer.took][-1:]
        assert last.state is CommandState.CONFIRMED and last.text == "live: 2 stops and 2 buys"
    who = live.snapshot.commands[0].who
    assert f"by ctl (uid {os.getuid()}, pid {os.getpid()})" in who


def test_what_was_confirmed_for_another_position_is_refused(live: LiveEngine, tmp_path: Path) -> None:
    with client(tmp_path) as found:
        (answer,) = told(found, "x", Verb.CANCEL_ALL, 5.0, "0.01")
    assert answer.state is CommandState.REFUSED
    assert "not 0.01: look again" in answer.text
    assert len(live.working()) == 4


def test_a_refusal_of_the_engine_is_told(live: LiveEngine, tmp_path: Path) -> None:
    with client(tmp_path) as found:
        assert list(told(found, "h", Verb.HALT, 10.0))[-1].state is CommandState.CONFIRMED
        (answer,) = told(found, "r", Verb.RESUME, 10.0)
    assert answer.state is CommandState.REFUSED and "halted" in answer.text


def test_an_engine_that_leaves_takes_its_socket_along(tmp_path: Path) -> None:
    with LocalVenue({"SOL": Decimal(150)}) as venue, LiveEngine(venue) as live:
        with ControlServer(live.engine, tmp_path):
            live.opened()
            wait_until(lambda: bool(addresses.found(tmp_path)), "the socket")
            found = client(tmp_path)
        assert addresses.found(tmp_path) == []
        with pytest.raises(NoEngine), found:
            found.status()


def test_a_dead_ones_socket_is_passed_over_and_replaced(tmp_path: Path) -> None:
    with LocalVenue({"SOL": Decimal(150)}) as venue, LiveEngine(venue) as live:
        listening, path = addresses.listen(addresses.folder_of(tmp_path))
        listening.close()  # as a kill does: the file stays
        assert path.exists()
        assert list(engines(tmp_path)) == []
        with ControlServer(live.engine, tmp_path):
            live.opened()
            wait_until(lambda: bool([found.close() for found in engines(tmp_path)]), "an answer")
            assert not path.exists()  # the next start takes away what is dead


def test_somebody_else_is_not_even_told_who_is_here(
    live: LiveEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = addresses.PeerProcess(1, os.getuid() + 1)
    monkeypatch.setattr(addresses, "peer_of", lambda connection: stranger)
    with raw(tmp_path) as connection:
        assert read_to_end(connection) == b""


def test_a_path_too_long_for_the_kernel_does(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-long-name-of-a-folder"] * 8)
    listening, path = addresses.listen(deep)
    with listening:
        assert len(os.fsencode(path)) > 107
        addresses.connect(path, 1.0).close()
        assert addresses.found_in(deep) == [path]


def test_two_of_one_process_do_not_disturb_each_other(tmp_path: Path) -> None:
    first, one = addresses.listen(tmp_path)
    second, other = addresses.listen(tmp_path)
    with first, second:
        assert one != other
        assert addresses.found_in(tmp_path) == sorted([one, other])


def test_somebody_elses_socket_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses.os, "getuid", lambda: os.geteuid() + 1)
    with pytest.raises(PermissionError, match="belongs to somebody else"):
        addresses.listen(tmp_path)


@pytest.mark.parametrize(
    "said",
    [
        b"\x00\xff\xfe garbage\n",
        b"[1, 2]\n",
        b"[" * 50_000 + b"\n",
        b'{"type": "command", "id": "a", "verb": "explode"}\n',
        b'{"type": "command", "id": "a\\u001b[2J", "verb": "pause"}\n',
        b'{"type": "command", "id": 7, "verb": "pause"}\n',
        b'{"type": "command", "id": "a", "verb": "pause", "args": {"position": "NaN"}}\n',
        b'{"type": "command", "id": "a", "verb": "pause", "args": {"position": "1e999999999"}}\n',
        b'{"type": "command", "id": "a", "verb": "pause", "args": {"position": "1e-999999999"}}\n',
        b'{"type": "command", "id": "a", "verb": "pause", "args": {"position": 1e999}}\n',
        b'{"type": "status", "id": "a", "n": ' + b"9" * 60_000 + b"}\n",
        b'{"type": "command", "id": "a", "verb": "pause", "args": []}\n',
        b'{"type": "snapshot", "id": "a"}\n',
        b'{"type": "command", "id": "a", "verb": "pause", "trade": 7}\n',
        b'{"type": "status", "id": "a", "protocol": 1}\n',
    ],
)
def test_what_means_nothing_is_answered_in_one_line_and_cut(
    live: LiveEngine, tmp_path: Path, said: bytes
) -> None:
    with raw(tmp_path) as connection:
        connection.sendall(said)
        hello, answer = read_to_end(connection).splitlines()
    assert json.loads(hello)["type"] == "hello"
    assert json.loads(answer)["type"] == "error"
    assert live.snapshot.commands == ()


def test_a_line_of_ten_megabytes_is_cut(live: LiveEngine, tmp_path: Path) -> None:
    with raw(tmp_path) as connection:
        with pytest.raises(OSError):
            for _ in range(160):
                connection.sendall(b"x" * 65_536)
        read_to_end(connection)
    works(tmp_path, live)


def test_many_clients_and_half_open_ones_harm_nobody(live: LiveEngine, tmp_path: Path) -> None:
    silent = [raw(tmp_path) for _ in range(10)]
    for connection in silent[:5]:
        connection.sendall(b'{"type": "sta')
    for connection in silent[5:]:
        connection.shutdown(socket.SHUT_WR)
    works(tmp_path, live)
    # A crowd that only holds places keeps nobody out: those that were silent for longest go.
    crowd = [raw(tmp_path) for _ in range(90)]
    works(tmp_path, live)
    for connection in crowd[:25]:
        read_to_end(connection)
    crowd[-1].sendall(protocol.line({"type": "status", "id": "last"}))
    assert len(crowd[-1].makefile("rb").readline()) > 0
    live.go_to(-1)
    works(tmp_path, live)
    for connection in (*silent, *crowd):
        connection.close()


def test_a_client_that_does_not_read_is_let_go(live: LiveEngine, tmp_path: Path) -> None:
    with raw(tmp_path) as connection:
        connection.settimeout(0.2)
        asked = protocol.line({"type": "status", "id": "a"})
        # So many answers as no socket buffer takes: in the end nobody reads what is asked either.
        with pytest.raises((TimeoutError, ConnectionError)):
            for _ in range(20_000):
                connection.sendall(asked * 20)
        works(tmp_path, live)


def test_an_acknowledged_alarm_is_known_to_everybody(live: LiveEngine, tmp_path: Path) -> None:
    def sound(*keys: str) -> None:
        async def do(trade: LiveTrade) -> None:
            for key in keys:
                trade.context.alarms.sound(key, Severity.WARNING, "so it is")

        live.do(do)

    sound("one", "two")
    with client(tmp_path) as found:
        one = Asked("a", Verb.ACKNOWLEDGE, alarms=("one", "none"))
        answers = list(found.command(one, 20.0))
        assert (answers[-1].state, answers[-1].text) == (CommandState.CONFIRMED, "one")
        sound("one")  # said again, it is no other one
        live.wait_for(lambda: len(live.snapshot.alarms) == 2, "the alarms to be shown")
        alarms = {alarm.key: alarm for alarm in found.status()[0].first.alarms}
        assert alarms["two"].acknowledged is None
        known = alarms["one"].acknowledged
        assert known is not None and "by ctl (uid" in known.who
        assert list(told(found, "b", Verb.ACKNOWLEDGE, 20.0))[-1].text == "two"
        assert "nothing to acknowledge" in list(told(found, "c", Verb.ACKNOWLEDGE, 20.0))[-1].text
    written = [event.data["verb"] for event in live.events("command") if event.data["state"] == "confirmed"]
    assert written == ["acknowledge"] * 3


def test_a_storm_of_commands_is_slowed_down(live: LiveEngine, tmp_path: Path) -> None:
    states_seen = []
    with client(tmp_path) as found:
        for number in range(15):
            states_seen.append(list(told(found, f"c{number}", Verb.PAUSE, 10.0))[-1])
    refused = [answer for answer in states_seen if answer.state is CommandState.REFUSED]
    assert refused and all("commands a second" in answer.text for answer in refused)
    assert states_seen[0].state is CommandState.CONFIRMED


@pytest.mark.parametrize("state", ["running", "decline", "broken", "halted", "stale", "starting"])
def test_a_view_comes_back_as_it_was(state: str) -> None:
    snapshot: Snapshot = getattr(states, state)()
    view = EngineView((snapshot, replace(snapshot, name="other")))
    encoder = ViewEncoder()
    encoder.update(view)
    assert protocol.view_from_json(json.loads(encoder.whole())) == view


@pytest.mark.parametrize(
    "answers",
    [
        [{"type": "hello"}],
        [{**HELLO, "pid": "many"}],
        [{**HELLO, "trades": [{"name": 1}]}],
        [HELLO, {"type": "status"}],
        [HELLO, {"type": "status", "view": {"trades": [{"seq": "x"}]}}],
        [HELLO, {"type": "status", "view": {"trades": []}}],
        [HELLO, {"type": "ack", "state": "exploded", "took": 1, "text": ""}],
        [HELLO, {"type": "ack", "state": "confirmed", "took": [], "text": ""}],
        [HELLO, {"type": "ack"}],
        [HELLO, {"type": "error", "text": "\x1b[2Jno\nsuch"}],
        [HELLO, [1, 2]],
    ],
)
def test_an_engine_that_speaks_another_language_is_told_in_one_line(
    tmp_path: Path, answers: list[object]
) -> None:
    listening, path = addresses.listen(tmp_path)
    listening.setblocking(True)

    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.sendall(b"".join(json.dumps(each).encode() + b"\n" for each in answers))
            read_to_end(connection)

    other = threading.Thread(target=serve)
    other.start()
    try:
        with pytest.raises(NoEngine) as refused, ControlClient(path) as found:
            if "ack" in str(answers[-1]):
                list(told(found, "x", Verb.PAUSE, 5.0))
            found.status()
    finally:
        listening.close()
        other.join(10)
    assert str(refused.value).isprintable()


def test_an_engine_of_another_version_is_told_in_one_line(tmp_path: Path) -> None:
    listening, _ = addresses.listen(addresses.folder_of(tmp_path))
    listening.setblocking(True)

    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.sendall(protocol.line({**HELLO, "protocol": 99, "pid": 4711}))
            read_to_end(connection)

    other = threading.Thread(target=serve)
    other.start()
    try:
        with pytest.raises(OtherEngine) as refused:
            list(engines(tmp_path))
    finally:
        listening.close()
        other.join(10)
    said = str(refused.value)
    assert said.startswith("the engine of hypertui 9.9.9, process 4711, speaks version 99 of the protocol")
    assert said.isprintable()


def test_a_client_of_another_version_is_told_in_one_line(live: LiveEngine, tmp_path: Path) -> None:
    with raw(tmp_path) as connection:
        connection.sendall(protocol.line({"type": "status", "id": "a", "protocol": 1}))
        _, answer = read_to_end(connection).splitlines()
    assert "speaks version 6 of the protocol, not 1" in json.loads(answer)["text"]
