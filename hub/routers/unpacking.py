"""A packed request body (``Content-Encoding``) is unpacked as it comes, never beyond the limit of its size. Imports the
errors only.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator
from typing import Final

from hub.errors import Refused

READ: Final = ("gzip", "deflate")
_ANY_HEAD: Final = zlib.MAX_WBITS | 32
_NO_HEAD: Final = -zlib.MAX_WBITS


def of(declared: str | None) -> str | None:
    """The coding of a body by its ``Content-Encoding``; None for a plain one. Raises ``Refused`` 415."""
    coding = (declared or "").strip().lower()
    if coding in ("", "identity"):
        return None
    coding = {"x-gzip": "gzip"}.get(coding, coding)
    if coding not in READ:
        raise Refused(
            "content-encoding",
            "Packningen (Content-Encoding) läses inte. Sänd opackat, eller packat en gång med gzip eller deflate.",
            "The packing (Content-Encoding) is not read. Send unpacked, or packed once with gzip or deflate.",
            "Content-Encoding",
            415,
        )
    return coding


async def unpacked(parts: AsyncIterator[bytes], most: int) -> AsyncIterator[bytes]:
    """The parts unpacked, at most ``most`` bytes and one more, by which the caller sees that the body is too large.

    Raises ``Refused`` when the body is not packed as its header says, or ends too early.
    """
    room = most + 1
    unpacker = zlib.decompressobj(_ANY_HEAD)
    first = True
    async for part in parts:
        packed = part
        while packed and room > 0:
            try:
                plain = unpacker.decompress(packed, room)
            except zlib.error:
                if not first:
                    raise _broken() from None
                unpacker = zlib.decompressobj(_NO_HEAD)  # "deflate" without its head, as some clients write it
                try:
                    plain = unpacker.decompress(packed, room)
                except zlib.error:
                    raise _broken() from None
            first = False
            room -= len(plain)
            yield plain
            packed = unpacker.unconsumed_tail
            if unpacker.eof and unpacker.unused_data:  # another member after the first
                packed, unpacker = unpacker.unused_data, zlib.decompressobj(_ANY_HEAD)
        if room <= 0:
            return
    if not unpacker.eof:
        raise _broken()


def _broken() -> Refused:
    return Refused(
        "content-encoding",
        "Innehållet är inte packat så som Content-Encoding säger, eller slutar för tidigt.",
        "The body is not packed as Content-Encoding says, or ends too early.",
        "Content-Encoding",
        400,
    )
