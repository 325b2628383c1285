"""An answer from home, sealed as the script of the page seals it."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from unknot.web.home import INFO


def sealed_for(page: str, content: Any) -> str:
    """What the script of the page makes of answers, made here."""
    theirs = re.search(r'data-key="([^"]+)"', page)
    assert theirs is not None
    mine = ec.generate_private_key(ec.SECP256R1())
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), base64.b64decode(theirs[1]))
    key = HKDF(hashes.SHA256(), 32, salt=None, info=INFO).derive(mine.exchange(ec.ECDH(), public))
    form = serialization.PublicFormat.UncompressedPoint
    parts = {
        "key": mine.public_key().public_bytes(serialization.Encoding.X962, form), "nonce": bytes(12),
        "data": AESGCM(key).encrypt(bytes(12), json.dumps(content).encode(), INFO),
    }  # fmt: skip
    told = {name: base64.b64encode(value).decode() for name, value in parts.items()}
    return base64.b64encode(json.dumps(told).encode()).decode()
