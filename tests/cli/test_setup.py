"""What is done once: a key, a look at the settings, a shell's completion."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from hypertui.exchange.hyperliquid import SigningKey
from hypertui.settings import Settings
from hypertui.trade_settings import TradeSettings
from tests.support.prefork import run_to_end


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HYPERTUI_")}
    return clean | {"XDG_CONFIG_HOME": str(tmp_path / "config"), "XDG_STATE_HOME": str(tmp_path / "state")}


def run(home: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_to_end(
        [sys.executable, "-m", "hypertui", *arguments],
        env=home, cwd=Path(home["XDG_STATE_HOME"]).parent,
        capture_output=True, timeout=60,
    )  # fmt: skip


def test_a_new_key_is_private_and_only_its_address_is_shown(home: dict[str, str], tmp_path: Path) -> None:
    made = run(home, "key", "new")
    assert made.returncode == 0, made.stderr
    path = tmp_path / "config" / "hypertui" / "key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    secret = path.read_text().strip()
    assert SigningKey.read(path).address in made.stdout
    assert "https://app.hyperliquid.xyz/API" in made.stdout
    assert secret.removeprefix("0x") not in made.stdout + made.stderr
    again = run(home, "key", "new")
    assert again.returncode == 2
    assert "never overwritten" in again.stderr
    assert path.read_text().strip() == secret
    other = run(home, "key", "new", "--file", str(tmp_path / "other"))
    assert other.returncode == 0
    assert (tmp_path / "other").read_text().strip() != secret


@pytest.mark.parametrize(("file", "part"), [("/proc/nowhere/key", "cannot be written"), ("link", "is there")])
def test_a_key_that_cannot_be_kept(home: dict[str, str], tmp_path: Path, file: str, part: str) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    refused = run(home, "key", "new", "--file", str(tmp_path / file))
    assert refused.returncode == 2
    assert part in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert not (tmp_path / "target").exists(), "no link is followed"


def test_every_setting_with_its_source(home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        '[trade]\nunit_size = 7\nleverage = 3\n[ledger]\nurl = "sqlite:///x"\n'
    )
    environment = home | {
        "HYPERTUI_TRADE__UNIT_SIZE": "8",
        "HYPERTUI_TRADE__POSITION_SIZE": "900",
        "HYPERTUI_SECRET_KEY": "0x" + "12" * 32,
    }
    shown = run(environment, "config", "show", "--json", "--position-size", "800")
    assert shown.returncode == 0, shown.stderr
    rows = json.loads(shown.stdout)
    assert rows["trade.position_size"] == {"value": "800", "source": "flag --position-size"}
    assert rows["trade.unit_size"] == {"value": "8", "source": "environment HYPERTUI_TRADE__UNIT_SIZE"}
    assert rows["trade.leverage"] == {"value": "3", "source": "file config.toml"}
    assert rows["trade.symbol"] == {"value": "BTC", "source": "default"}
    assert rows["secret_key"] == {"value": "set", "source": "environment HYPERTUI_SECRET_KEY"}
    assert rows["ledger.url"]["value"] == "sqlite:///x"
    sections = [field.annotation for field in Settings.model_fields.values()]
    assert len(rows) == len(TradeSettings.model_fields) - 1 + sum(
        len(getattr(section, "model_fields", {"": 0})) for section in sections
    )
    table = run(environment, "config", "show").stdout
    assert re.search(r"^trade\.unit_size +8 +environment HYPERTUI_TRADE__UNIT_SIZE$", table, re.M)
    assert "1212" not in table + shown.stdout


def test_no_password_is_shown(home: dict[str, str]) -> None:
    for url in ("postgresql://me:hush@host/db", "postgresql://host/db?password=hush"):
        shown = run(home | {"HYPERTUI_LEDGER__URL": url}, "config", "show")
        assert re.search(r"^ledger\.url +set +environment", shown.stdout, re.M)
        assert "hush" not in shown.stdout


def test_settings_that_cannot_be_used_are_not_shown(home: dict[str, str]) -> None:
    shown = run(home, "config", "show", "--unit-size", "0")
    assert shown.returncode == 2
    assert shown.stdout == ""
    assert "--unit-size 0 is not above 0" in shown.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script(home: dict[str, str], tmp_path: Path, shell: str) -> None:
    made = run(home, "completion", shell)
    assert made.returncode == 0, made.stderr
    for word in ("doctor", "unit-size", "recovery"):
        assert word in made.stdout
    if shutil.which(shell):
        script = tmp_path / "script"
        script.write_text(made.stdout)
        assert subprocess.run([shell, "-n", str(script)], check=False).returncode == 0


def test_bash_completes_by_it(home: dict[str, str], tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(run(home, "completion", "bash").stdout)

    def completed(*words: str) -> list[str]:
        line = f"""
            source {script}
            COMP_WORDS=({" ".join(words)}) COMP_CWORD={len(words) - 1}
            $(complete -p hypertui | sed 's/.*-F \\([^ ]*\\).*/\\1/')
            printf '%s\\n' "${{COMPREPLY[@]}}"
        """
        said = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
        return sorted(word.strip() for word in said.stdout.split())

    assert completed("hypertui", "doc") == ["doctor"]
    assert completed("hypertui", "doctor", "--unit-s") == ["--unit-size"]
    assert completed("hypertui", "doctor", "--on-exit", "fl") == ["flatten"]


def test_a_shell_that_is_not_known(home: dict[str, str]) -> None:
    assert run(home, "completion", "tcsh").returncode == 2
    assert run(home, "key").returncode == 2
    assert run(home, "config").returncode == 2
