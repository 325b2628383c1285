"""Build hook: puts the compiled knowledge into the wheel."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileKnowledge(BuildHookInterface):  # type: ignore[misc]
    """Runs before the files of the wheel are gathered."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        path = Path(self.root) / "src/unknot/knowledge/compile.py"
        spec = importlib.util.spec_from_file_location("unknot_compile", path)
        if spec is None or spec.loader is None:
            raise RuntimeError(f"cannot read {path}")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.write_compiled(module.fingerprint(), module.read_tables())
