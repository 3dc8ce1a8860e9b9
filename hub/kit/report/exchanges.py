"""What passed on the wire, folded, as the page shows it. Imports the elements only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element

from hub.kit.report.elements import el

_WHO = {"to_vendor": "the kit called", "from_vendor": "the system called"}


def exchanges_of(passed: Sequence[Mapping[str, Any]]) -> Element:
    """One fold with a fold for each call; how many they are stands outside."""
    if not passed:
        return el("p", "Nothing passed on the wire.")
    return el("details", el("summary", f"What passed on the wire: {len(passed)} calls"), *map(_exchange, passed))


def _exchange(one: Mapping[str, Any]) -> Element:
    status = "" if one["status"] is None else f", answered {one['status']}"
    fault = f", fault {one['fault']}" if one["fault"] else ""
    request = one["head"].get("request", one["way"])
    summary = f"{one['moment_ms']} ms: {_WHO[one['direction']]}, {request}{status}{fault}"
    head = "\n".join(f"{name}: {value}" for name, value in one["head"].items() if name != "request")
    parts = [("Headers", head), ("Body", one["body"]), ("Answer", one["answer"])]
    shown = [part for name, text in parts if text for part in (el("p", name), el("pre", text, tabindex="0"))]
    return el("details", el("summary", summary), *shown)
