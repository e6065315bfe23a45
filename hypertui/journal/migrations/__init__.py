"""Alembic's revisions of the journal's tables, from the baseline on."""
