"""Signatures of manifests in the format of minisign, so that a release can be checked without this software.

Contains creating a pair of keys, signing a manifest and checking its signature. Not here: when a release is signed
(`publishing.promotion`), or which must be (`publishing.verification`).

A manifest has the sha256 of every file of its release, and of the manifest before it, so one signature covers them all.
The secret key is outside `OVERSIGHT_HOME`, so that backups and readers do not have it. Format: Denis, Minisign,
https://jedisct1.github.io/minisign.
"""

import os
from pathlib import Path

import minisign

from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.warehouse.store.manifest import MANIFEST, SIGNATURE

SECRET, PUBLIC = "oversight.key", "oversight.pub"


def make_keys(settings: Settings, folder: Path) -> tuple[Path, Path]:
    """Create a pair of keys in `folder`; only the owner may read the secret one.

    Raises OversightError if a key exists, or the folder is inside OVERSIGHT_HOME.
    """
    secret, public = folder / SECRET, folder / PUBLIC
    if folder.resolve().is_relative_to(settings.root.resolve()):
        raise OversightError(
            f"{folder} is inside OVERSIGHT_HOME, which readers and backups can see; choose another folder."
        )
    if there := [path for path in (secret, public) if path.exists()]:
        raise OversightError(f"{there[0]} already exists and releases may be signed with it; choose another folder.")
    pair = minisign.KeyPair.generate()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(bytes(pair.secret_key) + b"\n")
    public.write_bytes(bytes(pair.public_key) + b"\n")
    return secret, public


def sign_manifest(settings: Settings, folder: Path, says: str) -> None:
    """Sign the manifest of a release's folder if the installation has a key; `says` is the trusted comment.

    Raises OversightError if the key cannot be read or others may read it.
    """
    if settings.signing_key is None:
        return
    signature = _secret_key(settings.signing_key, settings).sign((folder / MANIFEST).read_bytes(), trusted_comment=says)
    (folder / SIGNATURE).write_bytes(bytes(signature) + b"\n")


def trusted_keys(settings: Settings) -> list[minisign.PublicKey]:
    """Return the public keys that releases may be signed with. Raises OversightError if their file cannot be read.

    The file has one key on each line, as in `oversight.pub`; comments are ignored.
    """
    if settings.trusted_keys is None:
        return []
    try:
        lines = settings.trusted_keys.read_text(encoding="utf-8").splitlines()
        keys = [line for line in map(str.strip, lines) if line and not line.startswith(("#", "untrusted comment:"))]
        return [minisign.PublicKey.from_base64(key) for key in keys]
    except (OSError, ValueError) as error:
        raise OversightError(
            f"OVERSIGHT_TRUSTED_KEYS is {settings.trusted_keys}, which has no readable keys ({error}); correct it."
        ) from error


def signature_problem(folder: Path, keys: list[minisign.PublicKey]) -> str | None:
    """Return the problem of a manifest's signature as part of a sentence; None if one of `keys` signed this manifest.

    Raises FileNotFoundError if the manifest is not signed.
    """
    try:
        signature = minisign.Signature.from_file(folder / SIGNATURE)
    except minisign.Error as error:
        return f"{SIGNATURE} is not a signature ({error})"
    for key in keys:
        try:
            key.verify((folder / MANIFEST).read_bytes(), signature)
        except minisign.Error:
            continue
        return None
    return f"{SIGNATURE} was not made for this manifest by a key of OVERSIGHT_TRUSTED_KEYS"


def _secret_key(path: Path, settings: Settings) -> minisign.SecretKey:
    try:
        if path.stat().st_mode & 0o077:
            raise OversightError(f"OVERSIGHT_SIGNING_KEY is {path}, which others may read; run: chmod 600 {path}.")
        key = minisign.SecretKey.from_file(path)
        if key.is_encrypted():
            if settings.signing_password is None:
                raise OversightError(f"{path} is protected by a password; set OVERSIGHT_SIGNING_PASSWORD.")
            key.decrypt(settings.signing_password.get_secret_value())
    except (OSError, minisign.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise OversightError(
            f"OVERSIGHT_SIGNING_KEY is {path}, which cannot be used to sign ({reason}); name another key."
        ) from error
    return key
