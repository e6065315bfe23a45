"""Brings a database to the present tables, whether it is new, old or up to date."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from hypertui.journal.schema import VERSION

_MIGRATIONS = Path(__file__).with_name("migrations")
_ADVISORY_KEY = 0x68797065727475  # one migration at a time


class TooNew(Exception):
    """The database belongs to a later release, and says so by this version."""


def version_of(connection: Connection) -> str | None:
    """The version of the tables that are there; None when there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(connection: Connection) -> None:
    """Run what migrations are missing, within the connection's transaction, which must exclude all others
    on SQLite. Raises TooNew for a database that this release cannot know."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_KEY})
    version = version_of(connection)
    if version == VERSION:
        return
    # Loaded only where there is something to do: it takes longer to load than the journal to open.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    if version is not None:
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if version not in known:
            raise TooNew(version)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
