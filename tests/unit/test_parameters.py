"""What a parameter may look like: the same for every question over HTTP."""

import copy
import json
import re
from typing import get_args

import httpx
import pytest
from pydantic import ValidationError, create_model

from hub.app import Hub
from hub.delivery.exits.addresses import Allowed
from hub.directory import load
from hub.errors import Misconfigured, Refused
from hub.http_api import api_of
from hub.roles import roles_of
from hub.routers.cases.question import Asked
from hub.routers.examples import SUBSCRIPTION
from hub.sandbox.mine import parsed
from hub.settings import Settings
from hub.translators import fhir
from schemas.directory import Directory
from tests.integration.test_views import CENTRE, SYSTEM, directory
from tests.stack import content


def every(kind):
    for each in kind.__subclasses__():
        yield each
        yield from every(each)


NUMBERS = [
    (kind, field.alias or name, name)
    for kind in {*every(Asked)}
    for name, field in kind.model_fields.items()
    if {int, float} & {field.annotation, *get_args(field.annotation)}
]


@pytest.mark.parametrize("written", ["1_0", " 10", "10 ", "+10", "1e1", "\uff11", "0x1", "", True, False])
def test_a_number_that_is_not_written_in_digits_is_refused_wherever_one_is_asked_for(written):
    assert len(NUMBERS) >= 8
    for kind, name, _ in NUMBERS:
        with pytest.raises(ValidationError) as caught:
            kind.model_validate({name: written})
        assert (name,) in [fault["loc"] for fault in caught.value.errors()], (kind, name)


def read_alone(kind, name, written, attribute):
    """A field as it is read, whatever else the model needs."""
    needed = {field: None for field, one in kind.model_fields.items() if one.is_required()}
    whole = create_model("Whole", __base__=kind, **{field: (object, None) for field in needed if field != attribute})
    return getattr(whole.model_validate({name: written}), attribute)


def test_numbers_in_digits_are_read_as_before():
    for kind, name, attribute in NUMBERS:
        for written in ("10", 10):
            assert read_alone(kind, name, written, attribute) == 10, (kind, name)


async def test_a_parameter_that_stands_twice_is_refused_on_every_route_unless_it_may():
    """Which is meant cannot be known; those of FHIR's searches may stand several times. No database is asked."""
    hub = Hub(Settings(database_url="postgresql+psycopg://hub@127.0.0.1:1/hub", kafka_bootstrap="127.0.0.1:1"))
    hub.in_force._now = hub.in_force._applied = directory()
    api, asked = api_of(hub), 0
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://hub") as client:
        for path, operations in api.openapi()["paths"].items():
            for one in operations.get("get", {}).get("parameters", ()):
                if one["in"] != "query" or one["schema"].get("type") == "array" or "security" not in operations["get"]:
                    continue
                call = f"{re.sub('{.*?}', 'SE2321000016-1001', path)}?{one['name']}=1&{one['name']}=1"
                answer = await client.get(call, headers={"authorization": f"Bearer token-{SYSTEM[CENTRE]}"})
                assert answer.status_code == 400 and "varje parameter" in answer.text, (call, answer.text)
                asked += 1
    assert asked > 30


@pytest.mark.parametrize("written", [",", " , ,", ",,"])
def test_a_list_of_roles_that_names_none_is_refused_in_place_of_meaning_all(written):
    with pytest.raises(Misconfigured, match="names no role"):
        roles_of(written)


@pytest.mark.parametrize("end", ["2027-01-01T23:59:60Z", "2016-12-31T23:59:60.5+01:00"])
def test_a_subscription_that_ends_in_a_leap_second_ends_in_the_second_before(end):
    found = fhir.read_subscription(json.dumps(SUBSCRIPTION | {"end": end}).encode(), fhir.JSON)
    assert found.ends_at.second == 59 and found.content["end"] == end


def texts(node, path=()):
    """The place of every text in a tree."""
    if isinstance(node, str):
        yield path
    for name, child in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from texts(child, (*path, name))


def with_nul(tree, path):
    found = copy.deepcopy(tree)
    at = found
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] += "\0"
    return found


def test_no_text_of_a_subscription_or_of_parameters_may_hold_what_the_database_cannot():
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "content", "valueString": "empty"}]}
    for tree, read in ((SUBSCRIPTION, fhir.read_subscription), (parameters, fhir.read_parameters)):
        for path in texts(tree):
            with pytest.raises(Refused) as caught:
                read(json.dumps(with_nul(tree, path)).encode(), fhir.JSON)
            assert caught.value.status in {400, 422} and tree["resourceType"] in caught.value.element
    with pytest.raises(Refused) as caught:
        fhir.read_subscription(json.dumps(SUBSCRIPTION | {"reason": "a\0"}).encode(), fhir.JSON)
    assert caught.value.element == "Subscription.reason"


def test_no_text_of_a_directory_may_hold_what_the_database_cannot(tmp_path):
    """JSON is YAML, and an escape gives what may not stand in the file itself."""
    whole = Directory.model_validate(content()).model_dump(mode="json", exclude_none=True)
    file = tmp_path / "directory.yaml"
    for path in texts(whole):
        file.write_text(json.dumps(with_nul(whole, path)))
        with pytest.raises(Refused):
            load(file)


@pytest.mark.parametrize("body", [b"[]", b"1", b"null", b"{}", b'{"resourceType":"Bundle","type":"message"}'])
def test_what_is_no_subscription_or_parameters_is_told_which_of_them_to_send(body):
    for read, kind in ((fhir.read_subscription, "Subscription"), (fhir.read_parameters, "Parameters")):
        with pytest.raises(Refused) as caught:
            read(body, fhir.JSON)
        assert kind in caught.value.sv and "Bundle" not in caught.value.sv


def test_a_server_name_that_idna_refuses_is_refused_in_words_wherever_an_address_is_given():
    for url in ("https://xn--a/x", "http://XN--A:8443"):
        assert "cannot be read" in Allowed().fault(url)
        with pytest.raises(Misconfigured, match="give the address with its scheme"):
            parsed([f"ehr={url}"], None, Directory.model_validate(content()))
