"""The version of a database's tables: read, checked, and created in an empty database."""

from __future__ import annotations

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, inspect, text

from hypertui.journal.errors import NoJournal, OtherVersion
from hypertui.journal.schema import ACCUMULATIONS, INTENTS, METADATA, SIGNALS, VERSION

_ADVISORY_KEY = 0x68797065727475  # one creation at a time
_VERSIONS = Table(  # Alembic's own
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


def version_of(connection: Connection) -> str | None:
    """The version of the tables; None where there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def check(connection: Connection, place: str) -> None:
    """Raise NoJournal where there are no tables, and OtherVersion for those of another version."""
    version = version_of(connection)
    if version is None:
        raise NoJournal(f"there is no journal in {place}")
    if version != VERSION:
        is_postgresql = connection.dialect.name == "postgresql"
        another = "ledger.url" if is_postgresql else "--state-dir or ledger.url"
        raise OtherVersion(
            f"the journal {place} is of version {version}, this hypertui reads {VERSION} only: export it with"
            f" the version that wrote it (hypertui ledger export --csv), and start with another {another}"
            " (--adopt imports a position that is held)"
        )


def create(connection: Connection, place: str) -> None:
    """Create the tables unless they are there, within the connection's transaction, which must exclude all
    others on SQLite. Raises OtherVersion for tables of another version."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_KEY})
    if version_of(connection) is not None:
        check(connection, place)
        # One of this version may be from before there were any.
        for table in (INTENTS, ACCUMULATIONS, SIGNALS):
            table.create(connection, checkfirst=True)
        return
    # As Alembic makes a database of the newest revision, which is nothing but these tables as long as that is
    # the baseline. To load Alembic for it takes longer than the rest of a journal's opening.
    METADATA.create_all(connection, checkfirst=False)
    _VERSIONS.create(connection)
    connection.execute(_VERSIONS.insert().values(version_num=VERSION))
