"""The baseline: the tables of the first release."""

from alembic import op

from hypertui.journal.schema import METADATA

revision = "0.1.0"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create all tables; one that is there already, somebody else's, is an error.

    They are taken from the schema itself, not from a frozen copy: as long as this revision is the newest, the
    schema is what it has to create, and one definition cannot disagree with itself. The first change after
    0.1.0 freezes them here, as they were then, and adds a revision for the change.
    """
    METADATA.create_all(op.get_bind(), checkfirst=False)
