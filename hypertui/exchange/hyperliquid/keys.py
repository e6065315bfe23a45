"""The key that signs. It is read, used and never shown: not by repr, pickle, messages or tracebacks."""

from __future__ import annotations

import os
import re
import secrets
import stat
from pathlib import Path
from typing import NoReturn, TypedDict

from coincurve import PrivateKey
from eth_account import Account
from eth_account.signers.local import LocalAccount

from hypertui.exchange.protocol import Rejected

_FORM = re.compile(r"\s*(?:0x)?[0-9a-fA-F]{64}\s*")
_LONGEST_FILE = 4096
_FIRST_V = 27  # added to the number of the point that a signature means


class KeyRefused(ValueError):
    """No usable key; the text says why in one line and never holds any of the key."""


class Signature(TypedDict):
    """A signature as the venue reads it."""

    r: str
    s: str
    v: int


class SigningKey:
    """A private key that can only sign and say its address."""

    __slots__ = ("__address", "__secret")

    def __init__(self, account: LocalAccount) -> None:
        self.__address = str(account.address).lower()
        self.__secret = PrivateKey(bytes(account.key))

    @classmethod
    def parse(cls, text: str) -> SigningKey:
        """The key in `text`: 64 hex digits, 0x before them or not, white space around them or not.

        Raises KeyRefused.
        """
        account = _account(text)
        del text  # tracebacks may show the local variables of the frame that raises
        if account is None:
            raise KeyRefused("not a private key: 64 hex digits are wanted, with or without 0x before them")
        return cls(account)

    @classmethod
    def read(cls, path: Path) -> SigningKey:
        """The key in a file that belongs to this user and that nobody else may read or write.

        Raises KeyRefused.
        """
        try:
            text = _read_private(path)
        except OSError as error:
            raise KeyRefused(f"cannot read the key file {path}: {error.strerror}") from None
        account = _account(text)
        del text
        if account is None:
            raise KeyRefused(f"{path} does not hold a private key: 64 hex digits are wanted")
        return cls(account)

    @classmethod
    def throwaway(cls) -> SigningKey:
        """A new key that nobody has seen, for paper trading."""
        return cls(Account.from_key(secrets.token_bytes(32)))

    @property
    def address(self) -> str:
        """0x and 40 hex digits, lower case."""
        return self.__address

    def sign(self, digest: bytes) -> Signature:
        """Sign a hash. Raises Rejected if that fails: then nothing has been sent."""
        try:
            signed = self.__secret.sign_recoverable(digest, hasher=None)
        except Exception as error:  # noqa: BLE001 - frames below hold the key: none of them may reach a traceback
            failure = type(error).__name__
        else:
            r, s, which = signed[:32], signed[32:64], signed[64]
            return {"r": _number(r), "s": _number(s), "v": _FIRST_V + which}
        raise Rejected(f"signing failed: {failure}")

    def __repr__(self) -> str:
        return f"SigningKey(address={self.address}, key=<hidden>)"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a signing key is neither copied nor pickled")


def _number(digits: bytes) -> str:
    return hex(int.from_bytes(digits, "big"))


def _account(text: str) -> LocalAccount | None:
    if _FORM.fullmatch(text) is None:
        return None
    try:
        return Account.from_key(text.strip())  # type: ignore[no-any-return]
    except Exception:  # noqa: BLE001 - zero or beyond the curve's order; the exception quotes the key
        return None


def _read_private(path: Path) -> str:
    """The text of the file; raises OSError, and KeyRefused if others have access to it."""
    # Without O_NONBLOCK opening a named pipe would wait for its writer.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC), "rb") as file:
        status = os.fstat(file.fileno())
        mode = stat.S_IMODE(status.st_mode)
        if not stat.S_ISREG(status.st_mode):
            raise KeyRefused(f"{path} is not a file")
        if status.st_uid != os.geteuid():
            raise KeyRefused(f"{path} belongs to user {status.st_uid}; a key file must be your own")
        if mode & 0o077:
            raise KeyRefused(f"{path} has mode {mode:04o}, readable by others: chmod 600 {path}")
        return file.read(_LONGEST_FILE).decode("utf-8-sig", "replace")
