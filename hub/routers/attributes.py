"""CloudEvents attributes from headers, in HTTP's binary mode and Kafka's. Imports the errors only.

HTTP's are not declared as FastAPI's ``Header``: any extension may come, one value is decoded in a way of its own, and an
attribute that stands twice must be refused, where FastAPI would take one of the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote_to_bytes

from hub.errors import Refused

_NAME: Final = re.compile(r"[a-z0-9]{1,40}")
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


def of_http(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """The ``ce-`` headers: a quoted value is taken out of its quotes, percent-encoding decoded once (the HTTP binding,
    3.1.3.2). Raises ``Refused`` when a value is not UTF-8, and when an attribute or the content type stands twice.
    """
    found: dict[str, str] = {}
    types = 0
    for name, value in headers:
        lower = name.lower()
        types += lower == b"content-type"
        if types > 1:
            raise _twice("datacontenttype")
        if lower.startswith(b"ce-"):
            attribute = lower[3:].decode("latin-1")
            if attribute in found:
                raise _twice(attribute)
            found[attribute] = _value(value, attribute)
    return found


def of_kafka(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    """The ``ce_`` headers, or ``ce-`` as in HTTP; a header without a value counts as absent. Raises ``Refused``."""
    found: dict[str, str] = {}
    for name, value in headers:
        lower = name.lower()
        if lower.startswith(("ce_", "ce-")) and value is not None:
            if lower[3:] in found:
                raise _twice(lower[3:])
            found[lower[3:]] = value.decode("utf-8", "replace")
    return found


def _value(raw: bytes, attribute: str) -> str:
    told = raw.strip()
    if len(told) > 1 and told.startswith(b'"') and told.endswith(b'"'):
        told = _ESCAPED.sub(r"\1", told[1:-1].decode("latin-1")).encode("latin-1")
    try:
        return unquote_to_bytes(told).decode()
    except UnicodeDecodeError:
        element = _element(attribute)
        raise Refused(
            "not-utf8",
            f"{element}: Värdet är inte UTF-8. Procentkoda varje byte av UTF-8, en gång.",
            f"{element}: The value is not UTF-8. Percent-encode every byte of UTF-8, once.",
            element,
            400,
        ) from None


def _twice(attribute: str) -> Refused:
    element = _element(attribute)
    return Refused(
        "attribute-twice",
        f"{element} står mer än en gång bland rubrikerna, och vilket som gäller går inte att veta. Sänd det en gång.",
        f"{element} is among the headers more than once, and which is meant cannot be known. Send it once.",
        element,
        400,
    )


def _element(attribute: str) -> str:
    """The attribute's place; a name that no attribute may have is the sender's own text and is not repeated (D-10)."""
    return f"/{attribute}" if _NAME.fullmatch(attribute) else "/?"
