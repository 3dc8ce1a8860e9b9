"""Every place of every valid message made otherwise: each refusal says what is wrong there, and what says something else is another."""

import copy
from collections import Counter
from typing import Any

import pytest

from hub.errors import Refused
from tests.unit.test_native import LIBRARY, VALID, VALUES, _digest, _outcome, _places, _read


def _mutants() -> Any:
    for sound in VALID.values():
        for path in _places(sound):
            for value in (*VALUES, ...):
                event = copy.deepcopy(sound)
                node = event
                for key in path[:-1]:
                    node = node[key]
                if value is ...:
                    node.pop(path[-1])
                else:
                    node[path[-1]] = value
                yield event


def test_every_refusal_says_what_is_wrong_there_in_words_and_with_one_full_stop():
    rules: Counter[str] = Counter()
    for event in _mutants():
        refused = _outcome(event)
        if refused is None:
            continue
        rules[refused.rule] += 1
        assert refused.element is not None and refused.sv != refused.en and "Värdet" not in refused.sv
        place = refused.element.rstrip("?").rstrip("/")
        for sentence in (refused.sv, refused.en):
            assert sentence.endswith(".") and LIBRARY.search(sentence.replace("{ … }", "")) is None, sentence
            assert place in sentence or refused.rule == "unknown-type", sentence
    assert {"missing-field", "invalid-value", "C-60", "unknown-type"} <= set(rules)


@pytest.mark.parametrize("name", sorted(VALID))
def test_whatever_says_something_else_is_another_message(name):
    event = VALID[name]
    same = _digest(_read(event))
    for path in _places(event):
        if path[0] in {"specversion", "id", "source", "datacontenttype", "traceparent", "tracestate"} or path == (
            "data",
        ):
            continue
        for value in (
            "2027-01-01",
            "2027-01-01T09:00:00Z",
            "SE2321000255-ANNAN",
            "annan",
            True,
            False,
            "given",
            "yes",
            7,
        ):
            changed: Any = copy.deepcopy(event)
            node = changed
            for key in path[:-1]:
                node = node[key]
            if node[path[-1]] == value:
                continue
            node[path[-1]] = value
            try:
                message = _read(changed)
            except Refused:
                continue
            if message != _read(event):
                assert _digest(message) != same, path
