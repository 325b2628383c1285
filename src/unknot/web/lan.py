"""Other devices in the room: a certificate of one's own or a self-made one, and the machine's addresses."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import Scope

from unknot.errors import Problem, UnknotError

DAYS = 397
"""How long a self-made certificate lasts; browsers refuse longer ones."""
RENEW_DAYS = 14


@dataclass(frozen=True, slots=True)
class Certificate:
    """Files of the certificate and its key, and the fingerprint to compare [SHA-256, hex in pairs]."""

    cert: Path
    key: Path
    fingerprint: str


def addresses() -> list[str]:
    """The addresses of this machine that others in the room can reach, without asking anybody."""
    found: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(
                ("192.0.2.1", 9)
            )  # a documentation address: nothing is sent, the system only chooses its own side
            found.append(asking.getsockname()[0])
        except OSError:
            pass
    with contextlib.suppress(OSError):
        found += [str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    return [a for a in dict.fromkeys(found) if not ipaddress.ip_address(a).is_loopback]


def names() -> list[str]:
    """All names that the app answers to in the room."""
    host = socket.gethostname().lower()
    return ["127.0.0.1", "localhost", "[::1]", *addresses(), host, f"{host.split('.')[0]}.local"]


def own_certificate(cert: Path, key: Path) -> Certificate:
    """The practice's own certificate. Raises UnknotError when it cannot be read or has run out."""
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificate(cert.read_bytes())
        key.read_bytes()
    except (OSError, ValueError) as error:
        problem = Problem(
            "certificate", f"{cert}, {key}", str(error)[:120], "a certificate and its key in PEM", "name both files"
        )
        raise UnknotError([problem]) from error
    if found.not_valid_after_utc < datetime.now(UTC):
        raise UnknotError([Problem("certificate", str(cert), "has run out", "one that is valid", "renew it")])
    return Certificate(cert, key, _fingerprint(found))


def made_certificate(folder: Path) -> Certificate:
    """The self-made certificate of this machine, kept in `folder`; a new one when there is none, it runs out or an address has changed."""
    from cryptography import x509

    cert, key = folder / "lan.crt", folder / "lan.key"
    try:
        found = x509.load_pem_x509_certificate(cert.read_bytes())
        named = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        ips = {str(ip) for ip in named.get_values_for_type(x509.IPAddress)}
        fresh = found.not_valid_after_utc > datetime.now(UTC) + timedelta(days=RENEW_DAYS)
        if fresh and set(addresses()) <= ips and key.exists():
            return Certificate(cert, key, _fingerprint(found))
    except (OSError, ValueError, x509.ExtensionNotFound):
        pass
    return _make(folder, cert, key)


def _make(folder: Path, cert: Path, key: Path) -> Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Unknot on this machine")])
    named: list[x509.GeneralName] = [x509.DNSName(n) for n in names() if not n.startswith(("[", "1")) and n.isascii()]
    named += [x509.IPAddress(ipaddress.ip_address(a)) for a in ("127.0.0.1", "::1", *addresses())]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(secret.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName(named), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(secret, hashes.SHA256())
    )  # fmt: skip
    try:
        folder.mkdir(parents=True, exist_ok=True)
        key.unlink(missing_ok=True)  # one that others could read stays theirs to read, whatever is written to it
        key.touch(mode=0o600)
        key.write_bytes(
            secret.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    except OSError as error:
        problem = Problem(
            "certificate",
            str(folder),
            error.strerror or "cannot be written",
            "a folder that can be written",
            "name --data",
        )
        raise UnknotError([problem]) from error
    return Certificate(cert, key, _fingerprint(made))


def _fingerprint(of: object) -> str:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    assert isinstance(of, x509.Certificate)
    return of.fingerprint(hashes.SHA256()).hex(":").upper()


def cookie(scope: Scope, name: str) -> str:
    """The value of a cookie, empty when there is none. Read as the pages read it: what another program of this machine has set beside it is no hindrance."""
    return cookie_parser(Headers(scope=scope).get("cookie", "")).get(name, "")
