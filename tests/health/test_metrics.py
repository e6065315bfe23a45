"""The figures of a real engine by HTTP, and whoever asks wrongly, too long or too often."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from hypertui.core.clock import steady_ms
from hypertui.metrics import server
from hypertui.metrics.families import names, page
from hypertui.metrics.server import MOST_CONNECTIONS, MetricsServer
from hypertui.port.commands import Verb
from hypertui.port.engine import EngineView
from hypertui.port.health import FILL_STAGES, HealthFigures
from hypertui.port.snapshot import Mode
from hypertui.port.views import GuardView
from tests.health.test_verdict import NOW, STEADY, good, view
from tests.support.live_engine import LiveEngine
from tests.support.local_venue import LocalVenue, VenueClock

D = Decimal
BOARD = Path(__file__).parents[2] / "docs" / "grafana.json"
ACCOUNT = "0x" + "ab" * 20


@contextmanager
def answering(engine: object, steady: int | None = None) -> Iterator[int]:
    """The port at which an engine's figures are."""
    clock = steady_ms if steady is None else lambda: steady
    listening = socket.create_server(("127.0.0.1", 0))
    with MetricsServer(engine, listening, clock):  # type: ignore[arg-type]
        yield listening.getsockname()[1]


def asked(port: int, path: str, method: str = "GET", host: str | None = None) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers={} if host is None else {"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def said(text: str) -> dict[str, float]:
    """Samples by name and labels other than trade and network, which each has."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = dict(sample.labels)
            if sample.name != "hypertui_notices":
                assert (labels.pop("trade"), labels.pop("network")) == ("SOL", "paper")
            found[" ".join((sample.name, *(labels[name] for name in sorted(labels))))] = sample.value
    return found


def of(*trades: object) -> SimpleNamespace:
    """An engine that shows these trades."""
    return SimpleNamespace(view=EngineView(tuple(trades)))  # type: ignore[arg-type]


def test_the_figures_of_a_trade_are_those_of_its_snapshot() -> None:
    behind = VenueClock()
    behind.ahead = -5_000
    with LocalVenue({"SOL": D(150)}, behind) as venue, LiveEngine(venue) as live:
        live.opened()
        for unit in (1, 2, 1, 0, -1):
            live.go_to(unit)
        assert live.do(lambda trade: trade.account_sync.compare_once())
        sold = 3

        def all_told() -> bool:
            figures = live.snapshot.figures
            return figures is not None and [each.count for each in figures.stages] == [sold] * len(
                FILL_STAGES
            )

        live.wait_for(all_told, "the four ways of each fill")
        venue.drop_sockets()
        live.wait_for(lambda: live.snapshot.health.connections == 2, "another connection")
        live.wait_for(lambda: live.snapshot.equity is not None, "the account")
        with answering(live.engine) as port:
            status, text = asked(port, "/metrics")
            assert (status, asked(port, "/healthz"), asked(port, "/readyz")) == (
                200,
                (200, "ok\n"),
                (200, "ok\n"),
            )
        shown, found = live.snapshot, said(text)
        figures = shown.figures
        assert figures is not None
        assert (found["hypertui_ws_up"], found["hypertui_ws_connects_total"]) == (1, 2)
        assert 0 < found["hypertui_ws_uptime_ratio"] < 1
        assert found["hypertui_exits_total LADDER_STOP ladder"] == sold
        assert found["hypertui_orders live"] == 4
        assert found["hypertui_orders_sent_total"] == figures.sent > 4
        assert found["hypertui_orders_refused_total"] == 0
        assert found["hypertui_position"] == float(shown.position)
        assert found["hypertui_protected_ratio"] == 1
        assert found["hypertui_equity"] == float(shown.equity or 0)
        assert 0 <= found["hypertui_request_budget_used"] < 1
        assert 0 <= found["hypertui_source_age_seconds mark"] < 30
        for stage in FILL_STAGES:
            assert found[f"hypertui_fill_latency_seconds_count {stage}"] == sold
            assert found[f"hypertui_fill_latency_seconds_bucket +Inf {stage}"] == sold
        assert figures.stages[0].slow < 3_000, "by the exchange's clock, which is 5 s behind"
        assert figures.stages[1].slow < 3_000, "what waits in the queue"
        answers = figures.answers
        assert answers is not None
        assert found["hypertui_order_latency_seconds_count"] == answers.count
        assert found["hypertui_order_latency_seconds_sum"] == pytest.approx(answers.total / 1000)
        assert {name.split()[0] for name in found} <= names()
        assert live.key.address.lower() not in text.lower()
        assert live.command(Verb.PAUSE).accepted


def test_what_is_not_known_is_left_out() -> None:
    blank = replace(good(), figures=None, equity=None, budget=None, invariant=None, sources=())
    found = {name.split()[0] for name in said(page(view_of(blank), STEADY).decode())}
    assert found == {"hypertui_position", "hypertui_ws_connects_total"}


def test_how_much_of_a_guard_is_used_and_whether_it_has_tripped() -> None:
    """A loss that was made good since leaves it tripped."""
    loss = GuardView("daily_loss", "TRIPPED", D("0.4"), "", "hold", "by hand", tripped=True, by_hand=True)
    fees = GuardView("fee_drag", "not known", None, "", "warn", "by itself")
    found = said(page(view_of(replace(good(), guards=(loss, fees))), STEADY).decode())
    guards = {name: value for name, value in found.items() if "guard" in name}
    assert guards == {
        "hypertui_guard_ratio daily_loss": 0.4,
        "hypertui_guard_tripped daily_loss": 1,
        "hypertui_guard_tripped fee_drag": 0,
    }


def test_what_exits_said_and_notices() -> None:
    told = replace(HealthFigures(0), verdicts=((("hard_stop", "acted"), 1), (("time_stop", "not due"), 1)))
    found = said(page(view_of(replace(good(), figures=told)), STEADY, {"sent": 3, "pending": 1}).decode())
    assert found["hypertui_exit_verdicts_total hard_stop acted"] == 1
    assert found["hypertui_exit_verdicts_total time_stop not due"] == 1
    assert (found["hypertui_notices sent"], found["hypertui_notices pending"]) == (3, 1)


def view_of(trade: object) -> EngineView:
    return EngineView((replace(trade, name="SOL"),))  # type: ignore[type-var]


def test_a_trade_that_is_over_stays_as_it_was() -> None:
    ended = replace(good(), over=True, mode=Mode.STOPPED)
    early, late = (said(page(view_of(ended), STEADY + later).decode()) for later in (0, 90_000))
    assert early == late and early["hypertui_ws_up"] == 0


@pytest.mark.parametrize(
    ("method", "path", "host", "status", "words"),
    [
        ("GET", "/", None, 404, "there are /healthz, /readyz and /metrics"),
        ("GET", "/healthz?x=1", "localhost:9464", 200, "ok"),
        ("GET", "/healthz", "[::1]:9464", 200, "ok"),
        ("GET", "/metrics", "evil.example:9464", 403, "not a name of this machine"),
        ("GET", "/metrics", "127.0.0.1.evil.example", 403, "not a name of this machine"),
        ("POST", "/metrics", None, 405, "only GET"),
        ("HEAD", "/metrics", None, 405, ""),
    ],
)
def test_who_asks_wrongly_is_told_so(method: str, path: str, host: str, status: int, words: str) -> None:
    with answering(of(good()), STEADY) as port:
        found = asked(port, path, method, host)
    assert found[0] == status and found[1].startswith(words)


@pytest.mark.parametrize("spoken", [b"hello\r\n\r\n", b"GET /metrics\r\n\r\n", b"x" * 9_000, b""])
def test_what_is_no_request_is_cut_off(spoken: bytes) -> None:
    with answering(of(good()), STEADY) as port:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as stranger:
            stranger.sendall(spoken)
            stranger.shutdown(socket.SHUT_WR)
            heard = b""
            try:
                while part := stranger.recv(4_096):
                    heard += part
            except ConnectionResetError:
                pass  # it has not read all of it
        assert heard == b"" or heard.startswith(b"HTTP/1.1 400 ")
        assert asked(port, "/healthz")[0] == 200


def test_health_and_readiness_say_why_not() -> None:
    with answering(of(good()), STEADY + 12_000) as port:
        assert asked(port, "/healthz") == (503, "no snapshot for 12 s\n")
        assert asked(port, "/readyz") == (503, "no snapshot for 12 s\n")
    halted = replace(good(), mode=Mode.HALTED, reason=f"not for {ACCOUNT}\x1b[2J\nor so", name="BTC")
    blind = replace(good(), known_at=NOW - 11_000, name="SOL")
    with answering(of(halted, blind), STEADY) as port:
        assert asked(port, "/healthz")[0] == 200
        status, text = asked(port, "/readyz")
    assert status == 503
    assert text.splitlines()[0] == "BTC: halted: not for 0xabab…abab"
    assert text.splitlines()[-1] == "SOL: the exchange is out of sight for 11 s"


def test_figures_that_cannot_be_made_are_no_end_of_the_answers(caplog: pytest.LogCaptureFixture) -> None:
    with answering(of(replace(good(), figures="none")), STEADY) as port:
        assert asked(port, "/metrics")[0] == 500
        assert asked(port, "/healthz")[0] == 200
    assert "metrics could not be made" in caplog.text


def test_the_figures_are_not_made_anew_for_each_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def counted(view: EngineView, steady: int, notices: object) -> bytes:
        made.append(steady)
        return b"one\n"

    monkeypatch.setattr("hypertui.metrics.requests.page", counted)
    with answering(of(good()), STEADY) as port:
        assert {asked(port, "/metrics") for _ in range(5)} == {(200, "one\n")}
    assert made == [STEADY]


def test_who_stalls_or_floods_delays_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_PATIENCE", 0.4)
    with (
        LocalVenue({"SOL": D(150)}) as venue,
        LiveEngine(venue) as live,
        answering(live.opened().engine) as port,
        ExitStack() as open_ones,
    ):
        stalled = []
        for number in range(3 * MOST_CONNECTIONS):
            connection = open_ones.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            connection.sendall(b"GET /metrics HTTP/1.1\r\n" if number % 2 else b"")
            stalled.append(connection)
        live.go_to(1)
        live.go_to(0)
        published = live.snapshot.seq
        live.wait_for(lambda: live.snapshot.seq > published, "another snapshot")
        for connection in stalled[:MOST_CONNECTIONS]:
            assert connection.recv(100) == b""  # let go
        assert asked(port, "/healthz") == (200, "ok\n")


def test_a_port_is_free_again_afterwards() -> None:
    with answering(of(good()), STEADY) as port:
        pass
    with socket.create_server(("127.0.0.1", port)):
        pass


def test_the_engine_loads_neither_metrics_nor_the_client_library() -> None:
    code = (
        "import sys, hypertui.engine.engine, hypertui.cli.trade; "
        "print(sorted(each for each in sys.modules if each.startswith(('prometheus', 'hypertui.metrics'))))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.strip() == "[]"


def test_the_board_shows_what_there_is() -> None:
    board = json.loads(BOARD.read_text())
    used = {
        word
        for panel in board["panels"]
        for target in panel.get("targets", ())
        for word in words(target["expr"])
        if word.startswith("hypertui_")
    }
    assert used <= names()
    whole = {name.removesuffix("_bucket").removesuffix("_count").removesuffix("_sum") for name in names()}
    shown = {name.removesuffix("_bucket").removesuffix("_count").removesuffix("_sum") for name in used}
    assert shown == whole
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


def words(query: str) -> list[str]:
    return "".join(c if c.isalnum() or c == "_" else " " for c in query).split()


def test_a_view_without_figures_is_ready_or_not_as_it_is() -> None:
    with answering(SimpleNamespace(view=view(good(), good())), STEADY) as port:
        assert asked(port, "/readyz") == (200, "ok\n")
