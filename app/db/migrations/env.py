"""The environment that Alembic runs the scripts in: a connection is always given."""

from __future__ import annotations

from alembic import context

from app.db.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
