"""What docs/venue.md says to paste works, and it names every fault and every feed."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from hypertui.venue.api.subscriptions import COIN_FEEDS, MARKET_STATES, USER_FEEDS
from hypertui.venue.control import ControlDoor
from hypertui.venue.faults.fault_catalog import MENU
from hypertui.venue.model.presets import PRESETS
from tests.support.local_venue import LocalVenue

TEXT = (Path(__file__).parents[2] / "docs" / "venue.md").read_text()
CURLS = [line for line in TEXT.splitlines() if line.startswith("curl ")]


@pytest.fixture(scope="module")
def ports() -> Iterator[dict[str, str]]:
    """The ports that the text names, and those that are really there."""
    with LocalVenue() as venue:
        door = ControlDoor(venue.server)
        control = venue._wait(door.start(0))
        yield {"127.0.0.1:3001": f"127.0.0.1:{venue.port}", "127.0.0.1:3002": f"127.0.0.1:{control}"}
        venue._wait(door.close())


def here(text: str, ports: dict[str, str]) -> str:
    for named, real in ports.items():
        text = text.replace(named, real)
    return text


def test_the_official_client(ports: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    code = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)[0]
    exec(here(code, ports), {})  # noqa: S102 - it is ours
    filled, resting, margin = capsys.readouterr().out.splitlines()
    assert "'filled'" in filled and "'resting'" in resting and "accountValue" in margin


@pytest.mark.parametrize("line", CURLS)
def test_curl(ports: dict[str, str], line: str) -> None:
    words = shlex.split(here(line, ports))[1:]
    url = next(word for word in words if word.startswith("127.0.0.1"))
    body = words[words.index("-d") + 1] if "-d" in words else None
    method = words[words.index("-X") + 1] if "-X" in words else "GET" if body is None else "POST"
    answer = requests.request(method, f"http://{url}", data=body, timeout=10)
    assert answer.status_code == 200, answer.text
    assert "error" not in json.loads(answer.text)


def test_nothing_is_left_out() -> None:
    named = set(re.findall(r"`([a-z0-9-]+)`", TEXT))
    assert set(MENU) <= named
    assert all(f"--preset {name}" in TEXT for name in PRESETS if name != "usual")
    feeds = next(line for line in TEXT.splitlines() if line.startswith("| `/ws` |"))
    assert all(re.search(rf"\b{feed}\b", feeds) for feed in COIN_FEEDS | MARKET_STATES | USER_FEEDS)
