"""Self-signed certificates as gateways make them."""

from dataclasses import dataclass
import datetime as dt
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
import ssl
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate with the server context that uses it."""

    der: bytes
    context: ssl.SSLContext

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the certificate."""
        return sha256(self.der).digest()


@lru_cache(maxsize=64)
def certificate(serial: str, generation: int = 0) -> Certificate:
    """Make the certificate of a gateway, once a process for each generation."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"envoy-{serial}")])
    # Looked up late: the library wants the very class that a frozen clock puts in its place.
    today = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number() + generation)
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=366))
        .sign(key, hashes.SHA256())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # A context reads its key from files only.
    with TemporaryDirectory() as folder:
        bundle = Path(folder) / "bundle.pem"
        bundle.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + signed.public_bytes(Encoding.PEM)
        )
        context.load_cert_chain(bundle)
    return Certificate(der=signed.public_bytes(Encoding.DER), context=context)
