"""User ids of v2: a number in base64, with a line break, in hexadecimal."""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error


def encode_user(number: int) -> str:
    """Return the user id of a number."""
    return (b64encode(str(number).encode()) + b"\n").hex()


def decode_user(text: str) -> int | None:
    """Return the number of a user id, None where it is not one."""
    try:
        return int(b64decode(bytes.fromhex(text).strip(), validate=True))
    except Base64Error, ValueError:
        return None
