"""Runs migrations on the connection that `core.store.migrate` opened; there is no offline mode."""

from alembic import context

from core.store.tables import metadata


def run() -> None:
    """Migrate inside the caller's transaction."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        render_as_batch=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
