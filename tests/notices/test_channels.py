"""The file of the channels: who may read it, which lines it may have, and that nothing of it is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hypertui.notices.channels import read_channels
from hypertui.port.snapshot import Severity

SECRET = "tgram://12345:hunter2/678"


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    file = folder / "urls"
    file.write_text(text)
    file.chmod(mode)
    return file


def test_the_channels_of_a_file(tmp_path: Path) -> None:
    text = f"\ufeff# mine\n\n{SECRET}\ncritical: json://h/x\nWarning:mailto://a:b@c\ninfo : xyz+1://h\n"
    found = read_channels(written(tmp_path, text))
    assert [(each.name, each.least, each.url) for each in found] == [
        ("tgram 1", Severity.INFO, SECRET),
        ("json 2", Severity.CRITICAL, "json://h/x"),
        ("mailto 3", Severity.WARNING, "mailto://a:b@c"),
        ("xyz+1 4", Severity.INFO, "xyz+1://h"),
    ]
    assert "hunter2" not in repr(found)
    assert [found[1].takes(severity) for severity in Severity] == [False, False, True]
    assert [found[2].takes(severity) for severity in Severity] == [False, True, True]
    assert all(found[0].takes(severity) for severity in Severity)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602, 0o700, 0o604])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(ValueError, match=f"has mode {mode:03o}, and holds secrets: chmod 600 it"):
        read_channels(written(tmp_path, SECRET, mode))


def test_a_file_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path, SECRET)
    stranger = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: stranger)
    with pytest.raises(ValueError, match="belongs to user"):
        read_channels(file)


@pytest.mark.parametrize(
    ("text", "part"),
    [("", "has no address"), ("# nothing\n", "has no address"), (f"{SECRET}\nhunter2 here", "line 2"),
     ("urgent: json://hunter2", "line 1"), ("json:hunter2", "line 1"), ("json://hunter2 x", "line 1"),
     ("json://hunter2\n" * 21, "21 addresses, more than 20"), ("#" * 100_001, "larger than 0.1 MB")],
)  # fmt: skip
def test_a_file_that_is_of_no_use(tmp_path: Path, text: str, part: str) -> None:
    with pytest.raises(ValueError, match=part) as refused:
        read_channels(written(tmp_path, text))
    assert "hunter2" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_no_file_at_all(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be used: No such file"):
        read_channels(tmp_path / "none")
    with pytest.raises(ValueError, match="cannot be used: is a folder"):
        read_channels(tmp_path)
