"""A journal in PostgreSQL: a connection with a deadline, and claims as advisory locks that name their holder.

A claim is an advisory lock of the session, so it ends with the connection. A pooler in transaction mode
(pgbouncer's), which gives each transaction another session, would lose it unnoticed.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
from collections.abc import Callable
from typing import Any, TypeAlias

import psycopg
from psycopg.abc import RV, PQGen
from sqlalchemy import Connection, Engine, NullPool, create_engine, event, text
from sqlalchemy.engine import URL

from hypertui.journal.deadline import Deadline
from hypertui.journal.errors import JournalDown
from hypertui.journal.lock import Locked, refusal, whoami

Claim: TypeAlias = tuple[str, str, str]  # network, account, symbol

_SETTINGS = {
    "connect_timeout": "5",  # seconds
    # How long a server's network may say nothing before its connection counts as broken.
    "tcp_user_timeout": "10000",  # ms
    "keepalives_idle": "10",  # seconds
    "keepalives_interval": "5",
    "keepalives_count": "2",
    "options": "-c statement_timeout=10000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=60000",
}


class PatientConnection(psycopg.Connection[Any]):
    """Every wait for the server ends at the deadline, and the connection with it: the server's own timeouts
    and those of the network say nothing while its process or its host is frozen."""

    deadline: Deadline

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Consume what the driver does. Raises OperationalError when the deadline has passed."""
        left = self.deadline.left
        try:
            return super().wait(gen, interval, left if timeout is None else min(left, timeout))
        except psycopg.OperationalError:
            if self.deadline.left > 0:
                raise
            self.close()
            raise psycopg.OperationalError(f"no answer within {self.deadline.seconds:g} s") from None


def session_name() -> str:
    """This process's `application_name`, unique at the server."""
    name = f"hypertui {secrets.token_hex(4)}, process {os.getpid()} of {whoami()} on {socket.gethostname()}"
    return name.encode("ascii", "replace")[:63].decode()  # the server would cut it there


def engine_of(url: URL, session: str, deadline: Deadline) -> Engine:
    """An SQLAlchemy engine on this server. Settings in the URL override our own."""

    def connect(_dialect: object, _record: object, arguments: Any, settings: Any) -> PatientConnection:
        connection = PatientConnection.connect(*arguments, **settings)
        connection.deadline = deadline
        return connection

    given = {name: value for name, value in _SETTINGS.items() if name not in url.query}
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args=given | {"application_name": session},
        poolclass=NullPool,
        hide_parameters=True,
    )
    event.listen(engine, "do_connect", connect)
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    # A commit shall mean durable, whatever the server's default; where it means more, so much the better.
    try:
        connection.execute(
            "SELECT set_config('synchronous_commit', 'on', false)"
            " WHERE current_setting('synchronous_commit') = 'off'"
        )
        connection.commit()
    except Exception:
        connection.close()
        raise


def take(connection: Connection, claim: Claim, session: str, down: Callable[[str], JournalDown]) -> None:
    """Take the claim's advisory lock on this connection. Raises Locked, naming the holder. Where the server
    still holds a broken connection of our own, terminates that and raises the error that `down` makes."""
    key = _key(claim)
    if connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}).scalar():
        return
    holders = connection.execute(
        text(
            "SELECT pid, application_name, usename, client_addr, backend_start"
            " FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE locktype = 'advisory' AND granted AND objsubid = 1"
            " AND classid = CAST(:high AS oid) AND objid = CAST(:low AS oid)"
            " AND datname = current_database()"
        ),
        {"high": key >> 32 & 0xFFFFFFFF, "low": key & 0xFFFFFFFF},
    ).all()
    network, account, symbol = claim
    if not holders:
        raise down("another session held the claim a moment ago")
    holder = ""
    for pid, name, user, address, since in holders:
        if name == session:
            # Waits until it has gone, so that the next attempt finds the claim free.
            connection.execute(text("SELECT pg_terminate_backend(:pid, 2000)"), {"pid": pid})
            raise down("the server still held our broken connection")
        origin = "" if address is None else f" from {address}"
        holder = f"{name or f'backend {pid}'} (database user {user}{origin})"
        holder += "" if since is None else f", since {since:%Y-%m-%d %H:%M:%S %Z}"
    raise Locked(refusal(account, symbol, network, holder))


def release(connection: Connection, claim: Claim) -> None:
    """Let go of the claim's advisory lock on this connection."""
    connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _key(claim)})


def release_all(connection: Connection) -> None:
    """Let go of every advisory lock that this connection holds."""
    connection.execute(text("SELECT pg_advisory_unlock_all()"))


def _key(claim: Claim) -> int:
    digest = hashlib.sha256("\0".join(("hypertui", *claim)).encode()).digest()
    return int.from_bytes(digest[:8], signed=True)
