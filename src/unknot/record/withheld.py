"""What never leaves with an export, which anybody can read: whatever lets somebody in. A backup keeps it, since it is encrypted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from unknot.record.store import as_json

DEVICES = ("sign_in", "device")
"""Documents that are left out whole: the digests of what signed-in devices and devices by code carry."""
SECRETS: Mapping[str, Mapping[str, Any]] = {
    "account": {"hashed": "", "passkeys": []},
    "home": {"key": ""},
}
"""Of documents that are kept, what is put in the place of a secret: nobody signs in by it."""
TOLD = (
    "passwords, passkeys and the keys of pages for home are taken out, sign-ins and devices by code are left out whole: "
    "after an import everybody chooses a password anew"
)


def without_secrets(table: str, row: Mapping[str, Any]) -> dict[str, Any] | None:
    """A row as it may leave; None when it stays."""
    if table != "documents":
        return dict(row)
    if row["kind"] in DEVICES:
        return None
    blank = SECRETS.get(row["kind"])
    if blank is None:
        return dict(row)
    body = json.loads(row["body"])
    return {**row, "body": as_json(body | {key: value for key, value in blank.items() if key in body})}
