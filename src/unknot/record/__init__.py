"""The record: an append-only log of facts and versioned documents, in SQLite by default, in PostgreSQL by URL."""
