"""The secrets of webhooks: a private file, which holds hashes of those that an address holds.

A source that signs (`hmac`) needs the secret itself here; of one with a secret address only its SHA-256 is
kept. The file is read again when it has changed, so that what is removed is removed at once.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from hypertui.core.files import read_private

_MOST = 100_000  # bytes
_TOKEN_BYTES = 32
SIGNED_FOR = 300  # seconds that a signature is good for, either way


class SecretsUnusable(ValueError):
    """Their file cannot be used; the words repeat nothing of it."""


class HookKind(StrEnum):
    """How a sender shows who it is."""

    PATH = "path"  # by the address that it sends to, which is secret
    HMAC = "hmac"  # by a signature of each body


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook: `secret` is a SHA-256 (PATH) or the key of signatures (HMAC), both in hex."""

    kind: HookKind
    secret: str
    created_at: int


_NOBODY = Hook(HookKind.PATH, hashlib.sha256(b"").hexdigest(), 0)


class Hooks:
    """Those of a file; to be used by one thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._hooks: Mapping[str, Hook] = {}

    def all(self) -> Mapping[str, Hook]:
        """As the file has them now; none where there is no file. Raises SecretsUnusable for one that
        cannot be used."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            self._seen, self._hooks = None, {}
            return self._hooks
        seen = (found.st_mtime_ns, found.st_size, found.st_ino)
        if seen != self._seen:
            self._hooks, self._seen = _read(self._path), seen
        return self._hooks

    def knows_token(self, name: str, token: str) -> bool:
        """Whether this is the secret of that address. Takes as long for a name that there is not."""
        hook = self.all().get(name, _NOBODY)
        said = hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
        return hmac.compare_digest(said, hook.secret) and hook.kind is HookKind.PATH and hook is not _NOBODY

    def knows_signature(self, name: str, header: str, body: bytes, now: float) -> bool:
        """Whether the header `t=…,v1=…` signs this body, about now (seconds)."""
        hook = self.all().get(name, _NOBODY)
        said = dict(part.strip().partition("=")[::2] for part in header.split(","))
        at = said.get("t", "")
        signed = signature(hook.secret, at, body)
        is_signed = hmac.compare_digest(signed.encode(), said.get("v1", "").encode("utf-8", "replace"))
        is_now = at.isascii() and at.isdecimal() and len(at) <= 12 and abs(now - int(at)) <= SIGNED_FOR
        return is_signed and is_now and hook.kind is HookKind.HMAC

    def add(self, name: str, kind: HookKind, now: int) -> str:
        """Keep a new one, and return its secret, which is in no file for PATH. Raises ValueError for a name
        that is taken, and where the file cannot be written."""
        known = self.all()
        if name in known:
            raise ValueError(f"there is a webhook {name} already: hypertui webhook remove {name} first")
        token = secrets.token_hex(_TOKEN_BYTES)
        kept = hashlib.sha256(token.encode()).hexdigest() if kind is HookKind.PATH else token
        self._write({**known, name: Hook(kind, kept, now)})
        return token

    def remove(self, name: str) -> None:
        """Forget one. Raises ValueError where there is none, and where the file cannot be written."""
        known = self.all()
        if name not in known:
            raise ValueError(f"there is no webhook {name}: {', '.join(known) or 'none'}")
        self._write({each: hook for each, hook in known.items() if each != name})

    def _write(self, hooks: Mapping[str, Hook]) -> None:
        text = json.dumps({name: asdict(hook) for name, hook in hooks.items()}, indent=1) + "\n"
        fresh = self._path.with_name(f".{self._path.name}.new")
        try:
            fresh.unlink(missing_ok=True)
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
        except OSError as error:
            raise ValueError(f"webhooks {self._path} cannot be written: {error.strerror}") from None


def signature(secret: str, at: str, body: bytes) -> str:
    """HMAC-SHA256 of `at` (seconds), a full stop and the body, in hex."""
    return hmac.new(secret.encode(), at.encode("utf-8", "replace") + b"." + body, hashlib.sha256).hexdigest()


def _read(path: Path) -> Mapping[str, Hook]:
    try:
        text = read_private(path, _MOST)
    except OSError as error:
        raise SecretsUnusable(f"webhooks {path} cannot be used: {error.strerror}") from None
    try:
        found = json.loads(text)
        return {
            str(name): Hook(HookKind(hook["kind"]), str(hook["secret"]), int(hook["created_at"]))
            for name, hook in found.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise SecretsUnusable(f"webhooks {path} cannot be read: it is not as it was written") from None
