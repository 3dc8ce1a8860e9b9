"""What each rule says, for those who read contracts/rules.md and the title of a refusal."""

import json
import re
from pathlib import Path

from hub.catalogue import rule_uses
from hub.contracts import rules
from hub.errors import Refused
from hub.routers.http import answer, problem
from hub.translators.fhir import refusals
from schemas.messages import BilingualText, Receipt
from schemas.rules import RULES
from schemas.rules.technical import TECHNICAL

HUB = Path(rules.__file__).parents[1]


REFUSES = re.compile(r"\b(?:Refused|guard)\(\s*\"([^\"]+)\"")
"""The rule of a refusal that is written as a literal."""


def test_every_rule_that_a_refusal_names_has_a_text():
    known = {*RULES, *refusals.sentences(), "fhir-invalid", "fhir-code"}
    named = {
        str(path.relative_to(HUB)): set(REFUSES.findall(path.read_text(encoding="utf-8"))) for path in HUB.rglob("*.py")
    }
    assert {path: rules - known for path, rules in named.items() if rules - known} == {}
    assert sum(map(len, named.values())) > 50


def test_every_rule_of_the_tables_has_a_text_and_no_text_is_of_an_unknown_rule():
    assert set(rule_uses.uses()) | set(rule_uses.SCOPE) <= set(RULES)
    numbered = {rule for rule in RULES if rule not in TECHNICAL and not rule.startswith("D-")}
    assert numbered == {rule for rule in {*rule_uses.uses(), *rule_uses.SCOPE} if not rule.startswith("D-")}


def test_a_text_is_whole_sentences_in_two_languages_and_no_two_rules_say_the_same():
    for rule, text in RULES.items():
        assert text.sv != text.en, rule
        for said in text:
            assert said[0].isupper(), rule
            assert said.endswith("."), rule
            assert "  " not in said, rule
            assert "|" not in said, rule
    assert len({text.en for text in RULES.values()}) == len(RULES) == len({text.sv for text in RULES.values()})


def test_the_rules_of_the_contracts_hold_every_text_with_the_sentences_of_its_refusals():
    written = rules.document({}).decode()
    for rule, text in RULES.items():
        row, section = f"| `{rule}` | {text.sv} | {text.en} |", f"### {rule}\n\n{text.sv}  \n{text.en}\n"
        assert (row if rule in TECHNICAL else section) in written
    for use in rule_uses.uses().values():
        assert all(guard.sv in written and guard.en in written for guard in use.guards)


def test_a_refusal_over_http_has_the_rule_as_its_title_and_what_is_wrong_here_as_its_detail():
    said = BilingualText(sv="Ange reason.", en="Give reason.")
    of_a_call = problem(Refused("V-4", said.sv, said.en, "/data/reason"))
    of_a_message = answer(
        Receipt(message="m-1", code="fatal-error", rule="V-4", text=said, element="/data/reason"), 409
    )
    for found in (of_a_call, of_a_message):
        told = json.loads(found.body)
        assert (told["title"], told["detail"], told["text"]) == (RULES["V-4"].en, said.en, said.model_dump())
