"""The signing key: what it accepts, and that nothing ever shows it."""

from __future__ import annotations

import copy
import os
import pickle
import traceback
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from rich.console import Console
from rich.traceback import Traceback

from hypertui.exchange.hyperliquid import KeyRefused, SigningKey
from hypertui.exchange.protocol import Rejected

SECRET = "0123456789" * 6 + "0123"
ADDRESS = str(Account.from_key("0x" + SECRET).address).lower()


def shown(error: BaseException) -> str:
    """The traceback as Python and as Rich would print it, local variables and all."""
    console = Console(record=True, width=400, file=open(os.devnull, "w"))  # noqa: SIM115, PTH123
    console.print(Traceback.from_exception(type(error), error, error.__traceback__, show_locals=True))
    console.file.close()
    return "".join(traceback.format_exception(error)) + console.export_text()


def private_file(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("text", [SECRET, "0x" + SECRET, "  0x" + SECRET.upper() + "\n"])
def test_parses_hex_with_and_without_prefix(text: str) -> None:
    assert SigningKey.parse(text).address == ADDRESS


@pytest.mark.parametrize(
    "text", ["", "0x", SECRET[:-1], SECRET + "0", "0x" + "0" * 64, "f" * 64, "zz" + SECRET[2:]]
)
def test_refuses_what_is_no_key_without_quoting_it(text: str) -> None:
    with pytest.raises(KeyRefused, match="64 hex digits") as refusal:
        SigningKey.parse(text)
    assert text[:8] not in str(refusal.value) or not text[2:]


def test_a_refusal_shows_no_key_even_with_local_variables(tmp_path: Path) -> None:
    almost = private_file(tmp_path / "key", SECRET + "0")
    with pytest.raises(KeyRefused) as refusal:
        SigningKey.read(almost)
    assert SECRET not in shown(refusal.value)


def test_reads_a_private_file(tmp_path: Path) -> None:
    for mode in (0o600, 0o400):
        path = private_file(tmp_path / f"key{mode}", f"0x{SECRET}\n", mode)
        assert SigningKey.read(path).address == ADDRESS


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o777])
def test_refuses_a_file_that_others_can_use(tmp_path: Path, mode: int) -> None:
    path = private_file(tmp_path / "key", SECRET, mode)
    with pytest.raises(KeyRefused, match=f"mode 0{mode:o}.*chmod 600") as refusal:
        SigningKey.read(path)
    assert SECRET not in shown(refusal.value)
    assert "\n" not in str(refusal.value)


def test_refuses_a_file_of_another_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = private_file(tmp_path / "key", SECRET)
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    with pytest.raises(KeyRefused, match="must be your own"):
        SigningKey.read(path)


def test_refuses_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(KeyRefused, match="No such file"):
        SigningKey.read(tmp_path / "missing")
    with pytest.raises(KeyRefused, match=r"directory|not a file"):
        SigningKey.read(tmp_path)
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(KeyRefused, match="not a file"):
        SigningKey.read(tmp_path / "pipe")


def test_throwaway_keys_differ() -> None:
    assert SigningKey.throwaway().address != SigningKey.throwaway().address


def test_shows_only_its_address() -> None:
    key = SigningKey.parse(SECRET)
    for text in (repr(key), str(key), f"{key}", f"{[key]}"):
        assert SECRET not in text
        assert ADDRESS in text
    assert not hasattr(key, "__dict__")


def test_is_neither_copied_nor_pickled() -> None:
    key = SigningKey.parse(SECRET)
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="neither copied nor pickled"):
            attempt(key)


def test_signs_as_the_library_does() -> None:
    for text in map(str, range(300)):  # some have a number that begins with zeros
        message = encode_defunct(text=text)
        theirs = Account.sign_message(message, SECRET)
        ours = SigningKey.parse(SECRET).sign(theirs.message_hash)
        assert ours == {"r": hex(theirs.r), "s": hex(theirs.s), "v": theirs.v}


def test_a_failure_to_sign_shows_no_key() -> None:
    key = SigningKey.parse(SECRET)
    with pytest.raises(Rejected, match="signing failed") as failure:
        key.sign(b"not a hash")
    text = shown(failure.value)
    assert SECRET not in text
    assert str(int(SECRET, 16)) not in text
    assert repr(bytes.fromhex(SECRET))[2:-1] not in text
