"""FHIR Subscriptions by topics, as R4 has them (Subscriptions R5 Backport 1.1): reads what a system asks for, and writes it back.
Imports the reader of resources and the names.

There is a topic for each kind of notice and one for all kinds, which a filter narrows: ``MessageHeader?event=kvittens,frist``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, cast, get_args

from hub.errors import Refused
from hub.translators.fhir import every_fault, faults, names
from hub.translators.fhir.announcement import EVENT as ANNOUNCEMENT
from hub.translators.fhir.assembly import instant
from hub.translators.fhir.bundle import moment_of

IG: Final = "http://hl7.org/fhir/uv/subscriptions-backport"
PROFILE: Final = f"{IG}/StructureDefinition/backport-subscription"
RECEIPT: Final = "receipt"
KINDS: Final = frozenset({*names.WRITES, RECEIPT, ANNOUNCEMENT})
"""The kinds of what a system is told: the messages, the receipts of its own, announcements."""
ALL: Final = "all"
MAX_SUBSCRIPTION: Final = 64 * 1024
"""Bytes of a Subscription, or of an operation's Parameters."""
Content = Literal["empty", "id-only", "full-resource"]
Status = Literal["requested", "active", "error", "off"]
_TOPIC: Final = "urn:samverkan:fhir:SubscriptionTopic:"
_FILTER: Final = re.compile(r"MessageHeader\?event=([a-z0-9_.,|:%-]{1,2000})", re.IGNORECASE)
_HEADER: Final = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}): ?([\t\x20-\x7e]{1,4000})")
_OURS: Final = frozenset(
    {"accept-encoding", "connection", "content-length", "content-type", "expect", "host", "keep-alive", "te", "trailer",
     "transfer-encoding", "upgrade", "user-agent"}
)  # fmt: skip
"""Headers that belong to the call and not to who makes it."""
_KEPT: Final = ("reason", "contact", "end", "criteria", "_criteria", "channel")
"""What is kept of a Subscription beside its status."""


@dataclass(frozen=True, slots=True)
class SubscriptionAsked:
    """What a system asks for."""

    id: str | None
    """The id that it bears; None: none."""
    status: Status
    kinds: frozenset[str] | None
    """The kinds of notices; None: all."""
    ends_at: datetime | None
    content: dict[str, Any]
    """The elements that are kept, as they came."""


@dataclass(frozen=True, slots=True)
class SubscriptionChannel:
    """How a Subscription is told."""

    endpoint: str
    headers: tuple[tuple[str, str], ...]
    media_type: str
    content: Content
    heartbeat_s: int | None
    timeout_s: int | None


def topic(kind: str) -> str:
    """The canonical URL of a kind's topic; of ``ALL`` too."""
    return f"{_TOPIC}{kind}"


def topics() -> list[str]:
    """All topics, the one for all kinds first."""
    return [topic(ALL), *map(topic, sorted(KINDS))]


def read_subscription(body: bytes, media_type: str) -> SubscriptionAsked:
    """Read and check a Subscription in JSON or XML. Raises ``Refused``: 400 where it is no R4, 422 where it asks for what there is not."""
    tree = every_fault.kept_resource(body, media_type, "Subscription")
    channel_of(tree, check=True)
    return SubscriptionAsked(
        tree.get("id"),
        _status(tree["status"]),
        _kinds(tree),
        None if "end" not in tree else moment_of(tree["end"]),
        {name: tree[name] for name in _KEPT if name in tree},
    )


def channel_of(tree: dict[str, Any], *, check: bool = False) -> SubscriptionChannel:
    """The channel of a Subscription's tree. Raises ``Refused`` 422 for one that there is not (``check``)."""
    channel = tree["channel"]
    found = SubscriptionChannel(
        channel.get("endpoint", ""),
        tuple(
            (name.strip(), value.strip())
            for name, _, value in (one.partition(":") for one in channel.get("header", ()))
        ),
        channel.get("payload", ""),
        cast("Content", _extended(channel, "_payload", "backport-payload-content", "valueCode")),
        _seconds(channel, "backport-heartbeat-period"),
        _seconds(channel, "backport-timeout"),
    )
    if check:
        _check(channel, found)
    return found


def _check(channel: dict[str, Any], found: SubscriptionChannel) -> None:
    if (
        channel["type"] != "rest-hook"
        or _extended(channel, "_type", "backport-channel-type", "valueCoding") is not None
    ):
        raise unfit("type", "rest-hook är den kanal som finns", "rest-hook is the channel that there is")
    if not found.endpoint:
        raise unfit("endpoint", "ange adressen som anropas", "give the address to call")
    if found.media_type not in {names.JSON, names.XML}:
        raise unfit("payload", f"ange {names.JSON} eller {names.XML}", f"give {names.JSON} or {names.XML}")
    if found.content not in get_args(Content):
        raise unfit(
            "payload.extension('backport-payload-content')",
            "ange empty, id-only eller full-resource",
            "give empty, id-only or full-resource",
        )
    headers = channel.get("header", ())
    read = [_HEADER.fullmatch(one) for one in headers]
    if len(headers) > 20 or any(one is None or one[1].lower() in _OURS for one in read):
        raise unfit(
            "header",
            "ange högst 20 huvuden som namn, kolon och värde, inget av dem anropets eget",
            "give at most 20 headers as name, colon and value, none of them the call's own",
        )
    for seconds, name in ((found.heartbeat_s, "backport-heartbeat-period"), (found.timeout_s, "backport-timeout")):
        if seconds == 0:
            raise unfit(f"extension('{name}')", "ange minst 1 sekund", "give 1 second at least")


def unfit(element: str, sv: str, en: str) -> Refused:
    """The refusal of a Subscription that is FHIR and asks for what there is not."""
    where = f"Subscription.channel.{element}" if element not in {"criteria", "status"} else f"Subscription.{element}"
    return Refused("subscription", f"Rätta {where}: {sv}.", f"Correct {where}: {en}.", where, 422)


def _status(stated: str) -> Status:
    """``error`` is the hub's word: who sends it back asks to be tried again."""
    if stated not in get_args(Status):
        raise faults.wrong_code("Subscription.status", get_args(Status))
    return "requested" if stated == "error" else cast("Status", stated)


def _kinds(tree: dict[str, Any]) -> frozenset[str] | None:
    kind = tree["criteria"].removeprefix(_TOPIC)
    if topic(kind) != tree["criteria"] or kind not in {ALL, *KINDS}:
        raise unfit(
            "criteria", "ange ett ämne ur CapabilityStatement", "give a topic that the CapabilityStatement lists"
        )
    found = None if kind == ALL else frozenset({kind})
    for one in (tree.get("_criteria") or {}).get("extension", ()):
        if one["url"] == f"{IG}/StructureDefinition/backport-filter-criteria":
            asked = _filtered(one.get("valueString", ""))
            found = asked if found is None else found & asked
    if found is not None and not found:
        raise unfit("criteria", "filtret lämnar inget kvar", "the filter leaves nothing")
    return found


def _filtered(text: str) -> frozenset[str]:
    written = _FILTER.fullmatch(text)
    codes = [] if written is None else [one.rpartition("|") for one in written[1].replace("%7C", "|").split(",")]
    if not codes or any(system not in {"", names.EVENT} or code not in KINDS for system, _, code in codes):
        raise unfit(
            "criteria",
            "det filter som finns är MessageHeader?event= och slag av underrättelser med komma emellan",
            "the filter that there is is MessageHeader?event= and kinds of notices with commas between",
        )
    return frozenset(code for _, _, code in codes)


def _extended(channel: dict[str, Any], element: str, name: str, value: str) -> Any:
    for one in (channel.get(element) or {}).get("extension", ()):
        if one["url"] == f"{IG}/StructureDefinition/{name}":
            return one.get(value)
    return None


def _seconds(channel: dict[str, Any], name: str) -> int | None:
    found = _extended({"channel": channel}, "channel", name, "valueUnsignedInt")
    return None if found is None else int(found)


def subscription_tree(
    id_: str, status: Status, fault: str | None, updated_at: datetime, content: dict[str, Any]
) -> dict[str, Any]:
    """The Subscription as it stands. ``fault``: why it was last not told, without what is personal or secret."""
    return {
        "resourceType": "Subscription",
        "id": id_,
        "meta": {"lastUpdated": instant(updated_at), "profile": [PROFILE]},
        "status": status,
        **({} if fault is None else {"error": fault}),
        **content,
    }
