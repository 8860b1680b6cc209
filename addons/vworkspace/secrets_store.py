"""Secrets of the addon, encrypted under a key that isn't in the database: a dump alone opens none of them."""

import base64
import contextlib
import hashlib
import os

from cryptography.fernet import Fernet, InvalidToken

from odoo.tools import config

OPTION = "vworkspace_secret_key"


def seal(text):
    return _fernet().encrypt(text.encode()).decode()


def unseal(sealed):
    """The text, or None where this server's key isn't the one that it was sealed under."""
    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def _fernet():
    given = config.get(OPTION)
    if given:
        return Fernet(base64.urlsafe_b64encode(hashlib.sha256(str(given).encode()).digest()))
    return Fernet(_key_of_file())


def _key_of_file():
    path = os.path.join(config["data_dir"], "vworkspace", "secret.key")
    with contextlib.suppress(FileNotFoundError):
        return _read(path)
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    fresh = f"{path}.{os.getpid()}.{os.urandom(4).hex()}"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(Fernet.generate_key())
    # A link appears whole or not at all, and never replaces the file of a worker that was faster.
    with contextlib.suppress(FileExistsError):
        os.link(fresh, path)
    os.unlink(fresh)
    return _read(path)


def _read(path):
    with open(path, "rb") as file:
        return file.read().strip()
