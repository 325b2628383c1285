"""Passkeys: a device shows who its person is by a key of its own, made for the name under which the app is reached. A bare address has no name."""

from __future__ import annotations

import ipaddress
import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from fastapi import Request

from unknot.errors import Problem
from unknot.record.accounts import Account, AccountError, Accounts, Passkey
from unknot.web.who import Who

WAITS_S = 300.0
MOST = 1000
MOST_KEYS = 10
NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z](?:[a-z0-9-]*[a-z0-9])?")
"""A name of the network, whose last part does not begin with a digit."""


def why_not(request: Request) -> str:
    """Why browsers allow no passkey here; empty where they do.

    *bare*: it was opened by an address, or by a name that is none of the network. *plain*: without TLS. *self_made*: behind a certificate that this
    program has made itself, which no device trusts; a browser that puts up with it still keeps no passkey.
    """
    host = request.url.hostname or ""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        if not NAME.fullmatch(host):
            return "bare"
    else:
        return "bare"
    if request.url.scheme != "https":
        return "" if host == "localhost" else "plain"
    app = request.scope.get("app")
    return "self_made" if app is not None and getattr(app.state, "self_made", False) else ""


def rp_of(request: Request) -> str:
    """The name that passkeys are made for here; empty where browsers allow none."""
    return "" if why_not(request) else request.url.hostname or ""


class Passkeys:
    """What was asked of devices and is not answered yet; each question is answered once."""

    def __init__(self) -> None:
        self._out: dict[str, tuple[bytes, str, float]] = {}

    def _give(self, whose: str) -> tuple[str, bytes]:
        now = time.monotonic()
        self._out = {k: v for k, v in self._out.items() if v[2] > now}
        while len(self._out) >= MOST:
            del self._out[next(iter(self._out))]
        key, challenge = secrets.token_urlsafe(16), secrets.token_bytes(32)
        self._out[key] = (challenge, whose, now + WAITS_S)
        return key, challenge

    def _take(self, key: str, whose: str) -> bytes | None:
        challenge, of, until = self._out.pop(key, (b"", "", 0.0))
        return challenge if of == whose and until > time.monotonic() else None

    # ---------------------------------------------------------- signing in

    def ask(self, request: Request) -> dict[str, Any]:
        """What a device is asked to sign, whoever its person is."""
        from webauthn import generate_authentication_options, options_to_json
        from webauthn.helpers.structs import UserVerificationRequirement

        key, challenge = self._give("")
        options = generate_authentication_options(
            rp_id=rp_of(request), challenge=challenge, user_verification=UserVerificationRequirement.REQUIRED
        )
        return {"key": key, "options": json.loads(options_to_json(options))}

    def answered(self, request: Request, fields: Mapping[str, str], accounts: Accounts) -> Account | None:
        """The account whose passkey has signed; None when it is none, or has not."""
        from webauthn import verify_authentication_response
        from webauthn.helpers import base64url_to_bytes
        from webauthn.helpers.exceptions import WebAuthnException

        challenge = self._take(fields.get("key", ""), "")
        credential = _credential(fields)
        found = accounts.with_passkey(str(credential.get("id", ""))) if challenge and rp_of(request) else None
        if found is None or challenge is None or not found[0].ready:
            return None
        account, one = found
        try:
            told = verify_authentication_response(
                credential=credential, expected_challenge=challenge, expected_rp_id=rp_of(request), expected_origin=_origin(request),
                credential_public_key=base64url_to_bytes(one.key), credential_current_sign_count=one.count, require_user_verification=True,
            )  # fmt: skip
        except (WebAuthnException, ValueError, KeyError, TypeError):
            return None
        if told.new_sign_count != one.count:
            keys = tuple(replace(p, count=told.new_sign_count) if p.id == one.id else p for p in account.passkeys)
            account = accounts.keep(replace(account, passkeys=keys))
        return account

    # ---------------------------------------------------------- a new one

    def offer(self, request: Request, account: Account) -> dict[str, Any]:
        """What a device is asked to make."""
        from webauthn import generate_registration_options, options_to_json
        from webauthn.helpers import base64url_to_bytes
        from webauthn.helpers.structs import (
            AuthenticatorSelectionCriteria,
            PublicKeyCredentialDescriptor,
            ResidentKeyRequirement,
            UserVerificationRequirement,
        )

        key, challenge = self._give(account.id)
        options = generate_registration_options(
            rp_id=rp_of(request), rp_name="Unknot", user_name=account.name, user_id=account.id.encode(), challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(p.id)) for p in account.passkeys],
        )  # fmt: skip
        return {"key": key, "options": json.loads(options_to_json(options))}

    def made(self, request: Request, fields: Mapping[str, str], who: Who, accounts: Accounts) -> Account:
        """Keep the passkey that a device has made. Raises AccountError when it is none, or there are too many."""
        from webauthn import verify_registration_response
        from webauthn.helpers import bytes_to_base64url
        from webauthn.helpers.exceptions import WebAuthnException

        account = accounts.get(who.account)
        challenge = self._take(fields.get("key", ""), who.account)
        if account is None or challenge is None or not rp_of(request) or len(account.passkeys) >= MOST_KEYS:
            raise AccountError([_no_passkey()])
        try:
            told = verify_registration_response(
                credential=_credential(fields), expected_challenge=challenge, expected_rp_id=rp_of(request),
                expected_origin=_origin(request), require_user_verification=True,
            )  # fmt: skip
        except (WebAuthnException, ValueError, KeyError, TypeError):
            raise AccountError([_no_passkey()]) from None
        new = Passkey(
            bytes_to_base64url(told.credential_id), bytes_to_base64url(told.credential_public_key), told.sign_count,
            fields.get("name", "").strip()[:40] or "passkey", datetime.now(UTC).date().isoformat(),
        )  # fmt: skip
        if accounts.with_passkey(new.id) is not None:
            raise AccountError([_no_passkey()])
        return accounts.keep(replace(account, passkeys=(*account.passkeys, new)))


def _credential(fields: Mapping[str, str]) -> dict[str, Any]:
    try:
        found = json.loads(fields.get("credential", ""))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _origin(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"


def _no_passkey() -> Problem:
    return Problem("passkey", "passkey", "not kept", "", "try it again")
