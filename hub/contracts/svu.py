"""SVU as a picture: contracts/svu.md, drawn by asking the machine itself. Imports the machine and a world.

Nothing here repeats a rule: every message is tried in every state that can be reached, and the answer is drawn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime

from hub.errors import Refused
from hub.processes.engine.case import Case
from hub.processes.engine.decide import decide
from hub.processes.engine.process import Process
from hub.processes.engine.unit_view import shape
from hub.processes.svu.process import SVU
from hub.processes.svu.steps import still_awaits
from hub.scenarios import World
from schemas import shared, svu
from schemas.envelope import Message
from schemas.hub_messages import Adressering
from schemas.messages import HUB_SOURCE
from schemas.parts import Information, Part, Patient, Samtycke
from schemas.shared import Deltagare
from schemas.svu import Inskrivning

_NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
_PATIENT = Patient(personnummer="191212121212")
_WHO = "SE2321000255-P01"
_Trial = tuple[str, str, Part]
"""(label, message name, body)."""


_WARDS_PART = svu.SlutenvardsDel(
    patient_opinion="Vill hem",
    egenvard=svu.YesNo(needed=False),
    forbrukningsmaterial=svu.YesNo(needed=False),
    responsible_physician=_WHO,
    sip_position="sip_behovs",
)
_REWRITTEN = _WARDS_PART.model_copy(update={"patient_opinion": "Vill inte hem"})
"""The same words again would change nothing."""
_CENTRES_PART = svu.OppenvardsDel(responsible_physicians=(_WHO,), responsibility_division="Vårdcentralen")
_KOMMUNS_PART = svu.KommunsDel(planned_efforts="Hemtjänst")
_DISCHARGE = svu.Utskrivning(date=_NOW.date(), kind="utskrivning", discharged_to="ordinart_boende", confirmed=True)


def _admission(*, embedded: str | None = None, reason: str | None = "Fall") -> Inskrivning:
    return Inskrivning(
        patient=_PATIENT,
        admitted_at=_NOW,
        estimated_discharge=date(2026, 3, 6),
        reason=reason,
        information=None if embedded is None else Information(given=True),
        samtycke=None if embedded is None else Samtycke.model_validate({"outcome": embedded, "decided_by": _WHO}),
    )


_WARD: tuple[_Trial, ...] = (
    ("information", "information", Information(given=True, patient=_PATIENT)),
    ("samtycke: given", "samtycke", Samtycke(outcome="given")),
    ("samtycke: refused", "samtycke", Samtycke(outcome="refused")),
    ("samtycke: menprovning", "samtycke", Samtycke(outcome="menprovning", decided_by=_WHO)),
    ("svu.inskrivning, draft", "svu.inskrivning", Inskrivning(patient=_PATIENT, draft=True)),
    ("svu.inskrivning", "svu.inskrivning", _admission()),
    ("svu.inskrivning without reason", "svu.inskrivning", _admission(reason=None)),
    ("svu.inskrivning with information and samtycke", "svu.inskrivning", _admission(embedded="given")),
)


def _progress(case: Case | None) -> str:
    """How far the ward has come, as one state."""
    if case is None:
        return "no case"
    known = [] if case.information is None else ["informed"]
    known += [] if case.samtycke is None else [f"consent {case.samtycke}"]
    return ("published, " if case.published else "open, ") + (" and ".join(known) or "nothing registered")


def _addressing(case: Case | None) -> str:
    """Where the addressing stands, as one state."""
    if case is None or case.addressed is None:
        return "asked"
    if case.status != "open":
        return "closed"
    return "manual queue" if case.in_manual_queue else "receivers known"


def _edges(
    world: World,
    start: Case | None,
    trials: Iterable[tuple[str, _Trial]],
    state: Callable[[Case | None], str],
    key: Callable[[Case | None], object] | None = None,
) -> dict[tuple[str, str], list[str]]:
    """(state, state) → the messages that lead there, from every state that can be reached.

    ``key`` says what is tried apart although it is shown as one state.
    """
    key = key or state
    found: dict[tuple[str, str], list[str]] = {}
    known = {key(start)}
    waiting = [start]
    while waiting:
        case = waiting.pop(0)
        trial = None  # a refused message leaves what it was tried on as it was
        for unit, (label, name, data) in trials:
            actor = None if unit == HUB_SOURCE else _WHO
            role = None if unit == HUB_SOURCE else next(iter(world.directory.unit_by_hsa[unit].roles))
            message = Message("trial", unit, name, "ref:trial", _NOW, actor, role, data)
            trial = trial or (None if case is None else case.copy())
            try:
                then = decide(SVU, trial, "trial", message, world.directory, _NOW).case
            except Refused:
                continue
            trial = None
            labels = found.setdefault((state(case), state(then)), [])
            if label not in labels:
                labels.append(label)
            if key(then) not in known:
                known.add(key(then))
                waiting.append(then)
    return found


_MANY = 4
"""Arrows of one message from, or to, this many states are drawn as one, from or to any of them."""


def _diagram(edges: Mapping[tuple[str, str], list[str]], start: str) -> list[str]:
    names = {name: f"s{number}" for number, name in enumerate(dict.fromkeys(state for edge in edges for state in edge))}
    arrows = [(a, b, label) for (a, b), labels in edges.items() if a != b for label in labels]
    into = Counter((b, label) for _, b, label in arrows)
    out_of = Counter((a, label) for a, _, label in arrows)
    drawn: dict[tuple[str, str], list[str]] = {}
    for a, b, label in arrows:
        before = "any" if into[b, label] >= _MANY else names[a]
        after = "any" if out_of[a, label] >= _MANY else names[b]
        labels = drawn.setdefault((before, after), [])
        if label not in labels:
            labels.append(label)
    lines = ["```mermaid", "stateDiagram-v2", *(f'    state "{name}" as {short}' for name, short in names.items())]
    if any("any" in edge for edge in drawn):
        lines.append('    state "any of them" as any')
    lines.append(f"    [*] --> {names[start]}")
    lines += [f"    {before} --> {after} : {' · '.join(labels)}" for (before, after), labels in drawn.items()]
    return [*lines, "```"]


def _table(process: Process) -> list[str]:
    lines = ["| message | who | must hold | does | told | rules |", "|---|---|---|---|---|---|"]
    for row in process.rules:
        guards = "<br>".join(f"{guard.rule} {_said(guard.name)}" for guard in (*row.guards, *row.checks)) or "–"
        does = ", ".join([*(["may open the case"] if row.opens else []), *(_said(e.__name__) for e in row.effects)])
        inside = f" (may carry {', '.join(row.embeds)})" if row.embeds else ""
        lines.append(
            f"| `{row.message}`{inside} | {', '.join(sorted(row.parties))} | {guards} | {does} "
            f"| {_said(row.tells.__name__)} | {', '.join(row.rules)} |"
        )
    return lines


def _said(name: str) -> str:
    return name.strip("_").replace("_", " ")


def _stay(case: Case | None) -> str:
    """How far a published stay has come, as one state."""
    assert case is not None
    if case.status != "open":
        return case.status
    awaited = case.awaited.get("stallningstagande")
    if awaited is None:
        return "admitted"
    if not case.state.klarmarkerad:
        return "the ward writes its part"
    if case.state.sip_approved is False:
        return "no to the position on SIP"
    return "justering awaited" if still_awaits(case, awaited) else "adjusted by all"


def _time(case: Case | None) -> str:
    """Where the time of discharge stands, as one state."""
    assert case is not None
    if case.status != "open":
        return case.status
    return "utskrivningsklar: the clock runs" if "klar" in case.state.dates else "estimated"


_State = Callable[[Case | None], str]


def _whole(world: World, opened: Case, state: _State) -> dict[tuple[str, str], list[str]]:
    """The stay's states and arrows, tried message by message from a case in which all three parties take part."""
    ward, centre, municipality = (world.names[name] for name in ("lund_avd12", "vc_klostergarden", "lund_kommun"))
    found = _answer("listed", centre, municipality)
    told = Message("trial", HUB_SOURCE, "adressering", "ref:trial", _NOW, None, None, found)
    begun = decide(SVU, opened.copy(), "trial", told, world.directory, _NOW).case
    parts: list[tuple[str, str, Part]] = [
        (ward, "svu.stallningstagande", svu.Stallningstagande(slutenvard=_WARDS_PART)),
        (ward, "svu.stallningstagande", svu.Stallningstagande(slutenvard=_REWRITTEN)),
        (centre, "svu.stallningstagande", svu.Stallningstagande(oppenvard=_CENTRES_PART)),
        (municipality, "svu.stallningstagande", svu.Stallningstagande(kommun=_KOMMUNS_PART)),
        (ward, "svu.klarmarkering", svu.Klarmarkering()),
        (centre, "svu.sip_stallning", svu.SipStallning(approves=True)),
        (centre, "svu.sip_stallning", svu.SipStallning(approves=False)),
        (ward, "svu.utskrivningsklar", svu.Utskrivningsklar(date=_NOW.date(), responsible_physician=_WHO)),
        (ward, "svu.beraknad_utskrivning", svu.BeraknadUtskrivning(date=_NOW.date(), reason="Feber")),
        (ward, "svu.utskrivningsklar_avbruten", svu.UtskrivningsklarAvbruten(reason="Feber")),
        (ward, "makulering", shared.Makulering(case=True)),
        (ward, "svu.utskrivning", _DISCHARGE),
        (ward, "svu.utskrivning_angrad", svu.UtskrivningAngrad()),
    ]
    parts += [(unit, "svu.justering", svu.Justering()) for unit in (ward, centre, municipality)]
    trials = [(unit, (_labelled(name, data), name, data)) for unit, name, data in parts]
    return _edges(world, begun, trials, state, _stand)


def _labelled(name: str, data: Part) -> str:
    short = name.removeprefix("svu.")
    return f"{short}: {'yes' if data.approves else 'no'}" if isinstance(data, svu.SipStallning) else short


def _stand(case: Case | None) -> object:
    """Everything that decides what is possible next, so that no state is tried twice."""
    assert case is not None
    return (case.status, *(shape(case, unit) for unit in case.participants))


def document(world: World) -> bytes:
    """contracts/svu.md."""
    ward = world.names["lund_avd12"]
    opened = decide(
        SVU,
        None,
        "trial",
        Message("trial", ward, "svu.inskrivning", "ref:trial", _NOW, _WHO, "lakare", _admission(embedded="given")),
        world.directory,
        _NOW,
    ).case
    centre, municipality = world.names["vc_klostergarden"], world.names["lund_kommun"]
    answers: list[tuple[str, _Trial]] = [
        (HUB_SOURCE, ("adressering: both found", "adressering", _answer("listed", centre, municipality))),
        (HUB_SOURCE, ("adressering: one not connected", "adressering", _answer("listed", centre, None))),
        (HUB_SOURCE, ("adressering: any other outcome", "adressering", _answer("unlisted", None, municipality))),
        (HUB_SOURCE, ("adressering: protected or deceased", "adressering", _answer("protected", None, None))),
    ]
    answers += [
        (ward, ("deltagare", "deltagare", Deltagare(unit=unit, change="tillagd"))) for unit in (centre, municipality)
    ]
    progress = _edges(world, None, [(ward, trial) for trial in _WARD], _progress)
    lines = [
        "# SVU, as the hub's table has it",
        "",
        "Generated by trying every message in every state (`hub contracts`); do not edit. A message that stands on no",
        "arrow out of a state is refused there, by a rule of contracts/rules.md, or leaves the state as it is.",
        "",
        f"Steps in the order shown: {', '.join(SVU.steps)}.",
        "",
        "## The stay: from a published admission to the discharge",
        "",
        *_diagram(_whole(world, opened, _stay), "admitted"),
        "",
        "## The time of discharge",
        "",
        *_diagram(_whole(world, opened, _time), "estimated"),
        "",
        "## From nothing to a published admission (profile Mina planer)",
        "",
        *_diagram(progress, "no case"),
        "",
        "## Whom the hub addresses (V-2)",
        "",
        *_diagram(_edges(world, opened, answers, _addressing), "asked"),
        "",
        "## Every row",
        "",
        *_table(SVU),
    ]
    return ("\n".join(lines) + "\n").encode()


def _answer(outcome: str, centre: str | None, municipality: str | None) -> Adressering:
    found = {"outcome": outcome, "health_centre": centre, "municipality_unit": municipality}
    return Adressering.model_validate(found)
