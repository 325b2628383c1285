"""An app served in this process by a real uvicorn on a free port, as long as a test needs it."""

from __future__ import annotations

from unknot.bench.app import served as served
