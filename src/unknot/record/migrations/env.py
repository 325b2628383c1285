"""How Alembic runs here: on the connection that the store has opened, never by a URL of its own."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
