"""The tested versions, kept in `pyproject.toml` as constraints: `uv run python tools/pin_versions.py` takes the newest and writes them.

`--print` prints what stands there, one requirement a line.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

FILE = Path(__file__).parent.parent / "pyproject.toml"
BEGIN, END = "constraint-dependencies = [\n", "]\n"


def pinned() -> list[str]:
    """The constraints of the project file."""
    content = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return list(content.get("tool", {}).get("uv", {}).get("constraint-dependencies", []))


def newest() -> list[str]:
    """What uv resolves today for all groups and all supported Pythons, without the constraints."""
    text = FILE.read_text(encoding="utf-8")
    FILE.write_text(_with(text, []), encoding="utf-8")
    try:
        subprocess.run(["uv", "lock", "--upgrade", "--quiet"], check=True, cwd=FILE.parent)
        command = [
            "uv",
            "export",
            "--all-groups",
            "--no-hashes",
            "--no-emit-project",
            "--no-header",
            "--no-annotate",
            "--quiet",
        ]
        lines = subprocess.run(command, check=True, capture_output=True, text=True, cwd=FILE.parent).stdout.splitlines()
    except subprocess.CalledProcessError:
        FILE.write_text(text, encoding="utf-8")
        raise
    return sorted({line.strip() for line in lines if re.match(r"[A-Za-z0-9]", line)})


def _with(text: str, pins: list[str]) -> str:
    """The project file with these constraints."""
    rows = "".join(f"    {_quoted(pin)},\n" for pin in pins)
    block = f"{BEGIN}{rows}{END}"
    if BEGIN in text:
        head, _, rest = text.partition(BEGIN)
        return head + block + rest.partition(f"\n{END}" if not rest.startswith(END) else END)[2]
    return text.replace('default-groups = ["dev"]\n', f'default-groups = ["dev"]\n{block}')


def _quoted(pin: str) -> str:
    return f"'{pin}'" if '"' in pin else f'"{pin}"'


def main() -> None:
    """Print the pins, or renew them."""
    if sys.argv[1:] == ["--print"]:
        print("\n".join(pinned()))
        return
    pins = newest()
    FILE.write_text(_with(FILE.read_text(encoding="utf-8"), pins), encoding="utf-8")
    subprocess.run(["uv", "lock", "--quiet"], check=True, cwd=FILE.parent)
    print(f"{len(pins)} versions pinned")


if __name__ == "__main__":
    main()
