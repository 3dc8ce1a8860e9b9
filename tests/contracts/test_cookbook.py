"""The cookbook's acts are what the hub reads and writes: both formats say the same, and nothing in it is refused."""

import json
import re
from pathlib import Path
from typing import get_args

import pytest
from jsonschema import Draft202012Validator

from hub.contracts import cookbook
from hub.translators import formats
from hub.translators.native import STRUCTURED
from schemas.directory import ProfileName

CONTRACTS = Path(cookbook.__file__).parents[2] / "contracts"
RECIPES = cookbook.recipes(CONTRACTS)
SECTION = re.compile(r"^## \d+\. ", re.MULTILINE)
BLOCK = re.compile(r"```(?:json|http)\n(.*?)```", re.DOTALL)


def sections(name):
    """The JSON of each section that is about a message: request, answer, request and answer in FHIR, notices."""
    text = (CONTRACTS / "cookbook" / f"{name}.md").read_text(encoding="utf-8")
    found = [[block[block.index("{") :] for block in BLOCK.findall(part)] for part in SECTION.split(text)[1:]]
    return [blocks for blocks, part in zip(found, SECTION.split(text)[1:], strict=True) if "```http" in part]


@pytest.mark.parametrize("name", RECIPES)
def test_each_act_of_the_cookbook_says_the_same_in_both_formats(name):
    for sent, answer, bundle, response, *_ in sections(name):
        one = formats.read(STRUCTURED, None, sent.encode())
        other = formats.read(formats.FHIR_JSON, None, bundle.encode())
        assert formats.digest(one) == formats.digest(other)
        assert json.loads(answer)["code"] == "ok"
        assert json.loads(response)["entry"][0]["resource"]["response"]["code"] == "ok"


@pytest.mark.parametrize("name", RECIPES)
def test_each_notice_of_the_cookbook_is_valid_by_the_schema_of_notices(name):
    schema = Draft202012Validator(json.loads((CONTRACTS / "schemas" / "notice.json").read_text(encoding="utf-8")))
    notices = [blocks[4] for blocks in sections(name) if len(blocks) > 4]
    assert notices
    for notice in notices:
        schema.validate(json.loads(notice))


def test_the_cookbook_has_a_stay_and_a_sip_of_each_region():
    regions = {f"sip-{profile.replace('_', '-')}" for profile in get_args(ProfileName)}
    assert set(RECIPES) == {"svu"} | regions
