"""Every example of contracts/ can be sent to a running sandbox as it is: its directory, its tokens and its registers know those in it."""

import json
import re
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from hub.cli.messages import media_type_of
from hub.directory import load
from hub.sandbox import staff
from hub.sandbox.broken import Broken
from hub.sandbox.children import free_port
from hub.sandbox.mine import Mine, token
from hub.sandbox.register_contents import Contents
from hub.sandbox.services import DIRECTORY, up
from hub.translators import formats
from schemas.identities import parse_person_id
from schemas.unit_ids import parse_hsa_id

CONTRACTS = Path(__file__).parents[2] / "contracts"
DEMO = load(DIRECTORY)
CONTENTS = Contents.load()
ROLE = DEMO.befattningar
FILES = [
    *sorted((CONTRACTS / "valid").glob("*.json")),
    *sorted((CONTRACTS / "fhir").glob("*.request.*")),
]
HSA_ID = re.compile(r"\bSE[0-9]{10}-[A-Z0-9]{2,18}\b")


def read(path):
    body = path.read_bytes()
    return body, formats.read(media_type_of(body), None, body)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_sandbox_knows_everybody_in_an_example(path):
    body, message = read(path)
    employees = {one.id: one for one in (*CONTENTS.employees, *staff.employees(DEMO))}
    system = DEMO.system_by_id[DEMO.system_of[message.unit]]
    assert "http" in system.ways_in
    assert message.role in DEMO.unit_by_hsa[message.unit].roles
    assert message.role in {ROLE.get(title) for title in employees[message.actor].titles}
    named = {parse_hsa_id(found) for found in HSA_ID.findall(body.decode())}
    assert named <= {*DEMO.unit_by_hsa, *employees}
    persons = {person.id for person in CONTENTS.persons}
    patient = getattr(message.data, "patient", None)
    if patient is not None and patient.personnummer is not None:
        assert parse_person_id(patient.personnummer).value in persons


MADE_UP = {
    "0193c0de-0000-7000-8000-000000000001": "svu", "SVU-2026-000001": "svu",
    "0193c0de-0000-7000-8000-000000000002": "sip", "SIP-2026-000001": "sip",
}  # fmt: skip
"""The case ids of the examples → the process of the case; a running hub gives its cases other ids."""
OPENS = (
    "svu.inskrivning.json",
    *(f"sip.initiativ.{name}json" for name in ("", "samsa.", "prator.", "lifecare.", "cosmic_link.")),
)
ENDS = ("aterkallelse", "avliden", "makulering", "samtycke.refused", "sip.avslut", "svu.utskrivning.")
"""What ends a case, or its consent, is sent last."""
NEEDS_AN_EARLIER_STEP = {
    "C-2": "nothing that the unit is to acknowledge",
    "C-4": "the unit takes no part in the SIP before it is called",
    "C-10": "the unit takes part already",
    "C-12": "the role has the responsibility already",
    "C-33": "the unit has been sent nothing wrongly",
    "CL-2": "the coordinator comes before the call",
    "C-24": "an example before it has refused the consent: a new one comes first",
    "E-3": "the plan has not the element, or another version of it",
    "LC-1": "the order of a SIP in Norrbotten",
    "P-1": "the person has a SIP: the examples open it in several ways",
    "P-2": "an initiativ comes first",
    "P-5": "a lock comes first",
    "P-6": "the call comes first",
    "P-7": "the call comes first",
    "P-8": "the meeting comes first",
    "P-10": "the plan comes first",
    "P-13": "what is evaluated comes first",
    "P-18": "only an ended SIP is opened again",
    "S-1": "the person has an open SIP",
    "S-5": "the meeting of the example has been",
    "PR-13": "the SIP that the admission names comes first",
    "V-3": "an example before it has refused the consent: a new one comes first",
    "V-4": "a published admission is no draft again",
    "V-5": "an example before it has revoked the case",
    "V-7": "another contact than the one that is named comes first",
    "V-10": "the patient is ready for discharge already",
    "V-12": "the ward's klarmarkering comes first",
    "V-13": "the ward's part comes first",
    "V-14": "the ward's part comes first",
    "V-15": "the klarmarkering comes first",
    "V-16": "an example before it has discharged the patient: that is undone first",
    "V-17": "the discharge comes first",
}
"""The rules that refuse an example which is sent on its own, and what is lacking."""


class Sender:
    """Sends examples to a hub, each by the system of its unit, as `hub send` does."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def send(self, path: Path, case: str | None = None) -> tuple[int, str]:
        body, message = read(path)
        if case is not None:
            body = body.replace(message.subject.encode(), case.encode())
        media = media_type_of(body)
        place = "/fhir/$process-message" if formats.is_fhir(media) else "/messages"
        headers = {"content-type": media, "authorization": f"Bearer {token(DEMO.system_of[message.unit])}"}
        answer = await self.client.post(place, content=body, headers=headers)
        return answer.status_code, answer.text


def rule_in(text: str) -> str | None:
    """The rule of a receipt: native, or FHIR in JSON or XML."""
    found = re.search(r'"rule":"([^"]+)"|urn:samverkan:rule"(?:,"code":|/>\s*<code value=)"([^"]+)"', text)
    return None if found is None else found[1] or found[2]


async def test_an_example_is_accepted_or_refused_by_a_rule_that_needs_an_earlier_step(tmp_path, monkeypatch):
    monkeypatch.setenv("HUB_SANDBOX_PORT", str(free_port()))
    for name in ("HUB_KAFKA_BOOTSTRAP", "HUB_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    async with AsyncExitStack() as stack:
        services = await up(stack, tmp_path, lambda _: None, Mine(), Broken())
        client = await stack.enter_async_context(
            httpx.AsyncClient(base_url=services.hub_url, timeout=60, trust_env=False)
        )
        sender = Sender(client)
        cases = {}
        for name in OPENS:
            status, text = await sender.send(CONTRACTS / "valid" / name)
            assert status == 200, (name, text)
            message = read(CONTRACTS / "valid" / name)[1]
            cases[message.name.partition(".")[0], DEMO.region_of(message.unit).id] = json.loads(text)["case"]
        refused = {}
        for path in sorted(FILES, key=lambda path: path.name.startswith(ENDS)):
            message = read(path)[1]
            process = MADE_UP.get(message.subject)
            case = None if process is None else cases.get((process, DEMO.region_of(message.unit).id))
            status, text = await sender.send(path, case)
            if status not in {200, 202}:
                refused[f"{path.parent.name}/{path.name}"] = rule_in(text), text
        wrong = {name: rule for name, (rule, _) in refused.items() if rule not in NEEDS_AN_EARLIER_STEP}
        assert wrong == {}
        of_a_person = [name for name, (_, text) in refused.items() if '"/actor' in text or ".author" in text]
        assert of_a_person == [], "C-4 of a person of another organisation is no earlier step"
        assert len(refused) < len(FILES) / 2
