"""The keys that reports are signed with (Ed25519), in PEM files as openssl makes them. Imports the errors only.

The line before the key names whose it is. A report repeats the name, and only a public key that the reader has from its owner
proves it.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from hub.errors import Misconfigured

_OWNER = "Owner: "
_LONGEST = 200
_LARGEST_FILE = 64_000


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key and whose it is."""

    owner: str
    key: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        """The 32 bytes of its public half."""
        return self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A public key and whose it is, as its owner published it."""

    owner: str
    public: bytes


def make(owner: str, private: Path, public: Path) -> None:
    """Makes a pair; only the user may read the private one. Raises ``Misconfigured`` rather than write over a file."""
    name = owner.strip()
    if not name or len(name) > _LONGEST or not name.isprintable():
        raise Misconfigured(f"--owner: name whose key it is on one line of at most {_LONGEST} characters")
    for path in (private, public):
        if os.path.lexists(path):
            raise Misconfigured(f"{path} is there already: a key is not written over; name another file with --out")
    key = Ed25519PrivateKey.generate()
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    known = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    head = f"{_OWNER}{name}\n".encode()
    try:
        for path, content, mode in ((private, secret, 0o600), (public, known, 0o644)):
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
                file.write(head + content)
    except OSError as error:
        raise Misconfigured(f"{error.filename} cannot be written: {error.strerror}") from None


def signing_key(path: Path) -> SigningKey:
    """The private key in a file. Raises ``Misconfigured``."""
    owner, pem = _parts(path)
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise Misconfigured(f"{path} holds no private Ed25519 key without a password; `hub kit keys` makes one")
    return SigningKey(owner, key)


def known_key(path: Path) -> KnownKey:
    """The public key in a file. Raises ``Misconfigured``."""
    owner, pem = _parts(path)
    try:
        key = load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise Misconfigured(f"{path} holds no public Ed25519 key; `hub kit keys` makes one beside the private one")
    return KnownKey(owner, key.public_bytes(Encoding.Raw, PublicFormat.Raw))


def is_signed(content: bytes, signature: bytes, public: bytes) -> bool:
    """Whether the owner of a public key signed just these bytes."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True


def fingerprint(public: bytes) -> str:
    """What two people compare on the telephone: 16 bytes of the SHA-256, in groups of four digits."""
    digits = hashlib.sha256(public).hexdigest()[:32]
    return " ".join(digits[start : start + 4] for start in range(0, 32, 4))


def _parts(path: Path) -> tuple[str, bytes]:
    """(owner, PEM)."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE)
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read: {error.strerror}") from None
    first = content.decode("utf-8", "replace").splitlines()[:1]
    owner = first[0].removeprefix(_OWNER) if first and first[0].startswith(_OWNER) else ""
    return owner[:_LONGEST], content[content.find(b"-----BEGIN") :] if b"-----BEGIN" in content else content
