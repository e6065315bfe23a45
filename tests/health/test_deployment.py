"""The image, as far as it can be had without a docker daemon: its steps as a script, and its command in a
tree that nobody can write to, by another user. The unit and the compose file against the commands that there
are."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from hypertui.cli.arguments import parser
from tests.cli.operating import DEADLINE, wait_for

ROOT = Path(__file__).parents[2]
UID = 10_001
# Whoever runs the tests may keep the interpreter where nobody else may read: that alone the other user may.
_AS_ANOTHER = (
    "setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups",
    "--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search",
)  # fmt: skip


def instructions() -> list[tuple[str, str]]:
    """Those of the Dockerfile, each in one line."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines) if word]


def said(word: str) -> list[str]:
    return [rest for each, rest in instructions() if each == word]


def unit() -> RawConfigParser:
    """The unit, whose environment is there more than once."""
    found = RawConfigParser(strict=False)
    found.optionxform = str  # type: ignore[assignment,method-assign]
    found.read(ROOT / "deploy" / "hypertui@.service")
    return found


def understood(words: Sequence[str]) -> Any:
    assert Path(words[0]).name == "hypertui"
    return parser().parse_args(words[1:])


def test_the_image_is_made_of_what_is_there() -> None:
    let_in = (ROOT / ".dockerignore").read_text().split()
    for rest in said("COPY"):
        *sources, _ = rest.split()
        if sources[0].startswith("--from="):
            continue
        assert sources and all((ROOT / source).exists() and f"!{source}" in let_in for source in sources)
    assert {rest.split()[0] for rest in said("FROM")} == {"python:3.11-slim"}
    assert "hypertui.env" in (ROOT / ".gitignore").read_text().split()


def test_the_image_runs_as_nobody_in_particular_and_keeps_its_state() -> None:
    assert said("USER") == [f"{UID}:{UID}"] and said("VOLUME") == ["/state"]
    assert said("STOPSIGNAL") == ["SIGTERM"]
    command = json.loads(said("ENTRYPOINT")[0]) + json.loads(said("CMD")[0])
    assert understood(command).headless
    made = " ".join(said("RUN"))
    assert f"--uid {UID}" in made and f"-m 700 -o {UID} -g {UID} /state" in made


@pytest.mark.parametrize(("health", "container"), [(0, 0), (1, 0), (2, 1), (127, 1)])
def test_a_container_is_unhealthy_when_its_engine_is_bad(tmp_path: Path, health: int, container: int) -> None:
    command = json.loads(said("HEALTHCHECK")[0].partition("CMD ")[2])
    asked = command[2].partition(" ||")[0].split()
    assert understood(asked).command == "health"
    (tmp_path / "hypertui").write_text(f"#!/bin/sh\nexit {health}\n")
    (tmp_path / "hypertui").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    assert subprocess.run(command, env=environment, timeout=DEADLINE).returncode == container


def test_what_metrics_need_is_taken_from_the_lock(tmp_path: Path) -> None:
    (step,) = (rest for rest in said("RUN") if rest.startswith("sed "))
    lock = tmp_path / "requirements-all.txt"

    def taken() -> int:
        return subprocess.run(["sh", "-c", step], cwd=tmp_path, timeout=DEADLINE).returncode

    one = "prometheus-client==9.9 \\\n    --hash=sha256:01 \\\n    --hash=sha256:02\n"
    lock.write_text(f"idna==3 \\\n    --hash=sha256:03\n    # via yarl\n{one}    # via hypertui\nzipp==1\n")
    assert taken() == 0 and (tmp_path / "metrics.txt").read_text() == one
    lock.write_text("idna==3 \\\n    --hash=sha256:03\n")
    assert taken() != 0, "an image without it would be a surprise"


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that other users can reach, with the program in a tree that nobody may write to."""
    with tempfile.TemporaryDirectory(prefix="hypertui-image-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.copytree(ROOT / "hypertui", folder / "app" / "hypertui")
        for path in [folder / "app", *(folder / "app").rglob("*")]:
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~0o222 | 0o444)
        (folder / "state").mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(folder / "state", UID, UID)
        try:
            yield folder
        finally:
            for path in [folder / "app", *(folder / "app").rglob("*")]:
                path.chmod(stat.S_IMODE(path.stat().st_mode) | 0o200)


def test_the_images_command_needs_nothing_but_its_state(place: Path) -> None:
    another: Sequence[str] = ()
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None or subprocess.run([*_AS_ANOTHER, "true"]).returncode:
            pytest.skip("as root there is nothing that cannot be written, and nobody else to be")
        another = _AS_ANOTHER
    (named,) = (rest for rest in said("ENV") if "HYPERTUI_STATE_DIR" in rest)
    environment = dict(pair.partition("=")[::2] for pair in named.split()) | {
        "PYTHONPATH": str(place / "app")
    }
    environment = {name: value.replace("/state", str(place / "state")) for name, value in environment.items()}
    environment["PATH"] = os.environ["PATH"]
    command = json.loads(said("CMD")[0])

    def ran(*arguments: str) -> list[str]:
        return [*another, sys.executable, "-m", "hypertui", *arguments]

    def health() -> int:
        asked = subprocess.run(
            ran("health"), env=environment, cwd=place / "state", capture_output=True, timeout=DEADLINE
        )
        return asked.returncode

    before = set((place / "app").rglob("*"))
    control = place / "state" / "paper" / "control"
    with subprocess.Popen(
        ran(*command), env=environment, cwd=place / "state",
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as engine:  # fmt: skip
        try:
            wait_for(lambda: engine.poll() is not None or any(control.glob("*")), "its socket")
            wait_for(lambda: engine.poll() is not None or health() == 0, "its health")
            engine.send_signal(signal.SIGTERM)
            _, errors = engine.communicate(timeout=DEADLINE)
        finally:
            engine.kill()
    assert engine.returncode == 0, errors
    if another:
        assert {path.stat().st_uid for path in (place / "state").rglob("*")} == {UID}
    assert set((place / "app").rglob("*")) == before, "nothing is written beside the program"


def test_the_unit_tells_systemd_what_the_engine_does() -> None:
    service = unit()["Service"]
    assert service["Type"] == "notify" and service["WatchdogSec"] == "30"
    assert service["KillSignal"] == "SIGTERM" and service["TimeoutStopSec"] == "45"
    assert service["Restart"] == "on-failure" and service["RestartPreventExitStatus"] == "2 3"
    for name in ("ExecStart", "ExecStopPost"):
        assert str(understood(shlex.split(service[name])).config) == "/etc/hypertui/%i.toml"
    assert understood(shlex.split(service["ExecStart"])).headless
    assert understood(shlex.split(service["ExecStopPost"])).command == "safe"


def test_systemd_takes_the_unit() -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    unit_file = str(ROOT / "deploy" / "hypertui@.service")
    checked = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=25", unit_file],
        capture_output=True, text=True, timeout=DEADLINE,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout[-300:] + checked.stderr


def test_the_compose_file_runs_what_there_is_on_loopback_alone() -> None:
    services = compose()["services"]
    engine = services["engine"]
    assert understood(["hypertui", *engine["command"]]).metrics == "0.0.0.0:9464"
    assert (
        engine["read_only"] is True and engine["tmpfs"] == ["/tmp"] and engine["stop_grace_period"] == "45s"
    )
    assert "profiles" not in engine
    assert {name: service["profiles"] for name, service in services.items() if name != "engine"} == {
        "prometheus": ["prometheus"],
        "proxy": ["proxy"],
    }
    for service in services.values():
        assert service["read_only"] and service["cap_drop"] == ["ALL"]
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        for volume in service["volumes"]:
            source = volume.partition(":")[0]
            assert (ROOT / source).exists() if source.startswith("./") else source in compose()["volumes"]


def test_prometheus_asks_where_the_engine_answers() -> None:
    said = yaml.safe_load((ROOT / "deploy" / "prometheus.yml").read_text())
    assert said["scrape_configs"][0]["static_configs"] == [{"targets": ["engine:9464"]}]
    assert "reverse_proxy engine:9464" in (ROOT / "deploy" / "Caddyfile").read_text()


def compose() -> Any:
    return yaml.safe_load((ROOT / "compose.yaml").read_text())
