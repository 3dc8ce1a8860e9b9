"""Judges everything that stands on a wire by the schemas that contracts/ publishes, as a vendor with any validator would.

The doors of ``tests.stack`` and the scenarios hand it what they saw; ``faults`` are what it found.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from schemas.messages import ANNOUNCEMENT_TYPE, NAME_OF, RECEIPT_TYPE
from tests.published import FOLDER, asyncapi

FHIR = ("application/fhir+json", "application/fhir+xml")


@cache
def validator(name: str) -> Draft202012Validator:
    """A published schema; ``asyncapi:…`` are those of the AsyncAPI document."""
    if name.startswith("asyncapi:"):
        schema = asyncapi()["components"]["schemas"][name.removeprefix("asyncapi:")]
    else:
        schema = json.loads((FOLDER / "schemas" / f"{name}.json").read_bytes())
    return Draft202012Validator(schema)


def by(name: str, content: Any) -> list[str]:
    """What a schema has against some content; never the content itself."""
    return [
        f"{name}: {'/'.join(map(str, e.absolute_path))} fails {e.validator}"
        for e in validator(name).iter_errors(content)
    ]


class Judge:
    """Counts what was seen, by kind and type, and keeps what was wrong."""

    most = 200
    """So many of one kind and type are judged; a test that sends thousands need not wait for its judge."""

    def __init__(self) -> None:
        self.seen: Counter[tuple[str, str]] = Counter()
        self.faults: list[str] = []

    def _saw(self, kind: str, what: str, faults: Iterable[str]) -> None:
        self.seen[kind, what] += 1
        if self.seen[kind, what] <= self.most:
            self.faults += [f"{kind} {what}: {fault}" for fault in faults]

    def message(self, body: bytes) -> None:
        """A structured event that the hub has accepted."""
        event = json.loads(body)
        name = NAME_OF[event["type"]]
        self._saw(
            "message",
            name,
            (fault for schema, said in (("envelope", event), (name, event["data"])) for fault in by(schema, said)),
        )

    def record(self, headers: Mapping[str, bytes], body: bytes) -> None:
        """A record of ``hub.out``: binary mode, the attributes as headers."""
        said = {name: value.decode() for name, value in headers.items()}
        attributes = {name[3:]: value for name, value in said.items() if name.startswith("ce_")}
        kind, _ = _kind_of(attributes)
        self._saw(f"{kind} on Kafka", _name(attributes), _of_record(said, attributes, body))

    def call(self, headers: Mapping[str, str], body: bytes) -> None:
        """A call to a webhook: an event around the content, or a Bundle alone."""
        said = {name: headers[name] for name in validator("asyncapi:call").schema["properties"] if name in headers}
        if (media_type := said.get("content-type", "")) in FHIR:
            self._saw("Bundle by webhook", media_type, [*by("asyncapi:call", said), *_of_body("", media_type, body)])
            return
        event = json.loads(body)
        kind, _ = _kind_of(event)
        self._saw(f"{kind} by webhook", _name(event), _of_call(said, event))

    def bundle(self, media_type: str, body: bytes) -> None:
        """A call that carries a Bundle without the headers of webhooks: a FHIR message, or a Subscription's notification."""
        is_notification = media_type == FHIR[0] and json.loads(body).get("type") == "history"
        faults = by("asyncapi:notification", json.loads(body)) if is_notification else _of_body("", media_type, body)
        self._saw("Bundle over HTTP", media_type, faults)

    def answer(self, status: int, media_type: str, body: bytes) -> None:
        """What the hub answers over HTTP: a problem, or the receipt of a message."""
        if media_type not in {"application/json", "application/problem+json"}:
            return  # FHIR's answers are judged by FHIR's own validator
        content = json.loads(body)
        if media_type == "application/problem+json":
            self._saw("answer", "problem", by("problem", content))
        elif isinstance(content, dict) and "message" in content and "code" in content:
            self._saw("answer", content["code"], by("receipt", content))
        else:
            return
        if content.get("status", status) != status:
            self.faults.append(f"answer {status} says that its status is {content['status']}")


def _of_record(said: Mapping[str, str], attributes: Mapping[str, str], body: bytes) -> Iterator[str]:
    kind, schema = _kind_of(attributes)
    yield from by(f"asyncapi:{kind}", said)
    unknown = set(said) - set(validator(f"asyncapi:{kind}").schema["properties"])
    yield from (f"the header {name} is in no schema" for name in sorted(unknown))
    yield from _of_body(schema, said.get("content-type", ""), body)
    yield from _in_texts(attributes)


def _of_call(said: Mapping[str, str], event: Mapping[str, Any]) -> Iterator[str]:
    kind, schema = _kind_of(event)
    yield from by("asyncapi:call", said)
    yield from by("notice" if kind == "notice" else f"{kind}-event", event)
    data = event.get("data")
    content = data.encode() if isinstance(data, str) else json.dumps(data).encode()
    yield from _of_body(schema, event.get("datacontenttype", ""), content)
    yield from _in_texts(event)


def _kind_of(attributes: Mapping[str, Any]) -> tuple[str, str]:
    """(notice, receipt or announcement; the schema of its data)."""
    told = {RECEIPT_TYPE: "receipt", ANNOUNCEMENT_TYPE: "announcement"}.get(attributes.get("type", ""))
    return (told, told) if told else ("notice", NAME_OF.get(attributes.get("type", ""), ""))


def _name(attributes: Mapping[str, Any]) -> str:
    return str(attributes.get("type", "")).removeprefix("se.samverkan.").removesuffix(".v1")


def _of_body(schema: str, media_type: str, body: bytes) -> list[str]:
    if media_type == "application/json":
        return by(schema, json.loads(body))
    if media_type == "application/fhir+json":
        return by("asyncapi:bundle", json.loads(body))
    return (
        []
        if media_type == "application/fhir+xml" and body.startswith(b"<")
        else [f"content of the type {media_type!r}"]
    )


def _in_texts(attributes: Mapping[str, Any]) -> Iterator[str]:
    """What the JSON in an attribute's text has against it."""
    for name, said in validator("notice").schema["properties"].items():
        if "contentSchema" in said and name in attributes:
            inner = Draft202012Validator(said["contentSchema"])
            if not isinstance(attributes[name], str) or not inner.is_valid(json.loads(attributes[name])):
                yield f"the text of {name} is not what notice.json says of it"


JUDGE = Judge()
"""Of this process: what the doors of ``tests.stack`` see."""
