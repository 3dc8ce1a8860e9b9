"""What a notice tells is rendered once: the bytes are those of the model, and its attributes are cut from them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json, to_json

from hub.translators import told
from schemas.messages import NoticeExtensions, as_json

TEXTS = st.text(st.characters(blacklist_categories=("Cs",)), max_size=20)
LISTS = st.lists(TEXTS, max_size=3).map(tuple)
ROLES = st.dictionaries(TEXTS, TEXTS, max_size=2)
EXTENSIONS = st.builds(
    NoticeExtensions,
    case=TEXTS,
    sequence=st.integers(1, 2**40),
    to=LISTS,
    awaits=ROLES,
    state=st.dictionaries(TEXTS, st.dictionaries(TEXTS, ROLES, max_size=2), max_size=2),
    may=st.dictionaries(TEXTS, LISTS, max_size=2),
    names=ROLES,
    prints=LISTS,
    remind=LISTS,
    skipped=st.lists(st.integers(0, 2**40), max_size=3).map(tuple),
    replay=st.booleans(),
)


@given(EXTENSIONS)
def test_what_is_written_by_parts_is_what_the_model_writes(one: NoticeExtensions):
    written = told.write(
        one.case,
        one.sequence,
        one.to,
        one.awaits,
        told.rendered(one.state),
        told.rendered(one.may),
        told.rendered(one.names),
        {"prints": one.prints, "remind": one.remind},
        one.skipped,
        replay=one.replay,
    )
    assert written == as_json(one)
    assert NoticeExtensions.model_validate_json(written).model_dump(mode="json") == one.model_dump(mode="json")


@given(EXTENSIONS)
def test_each_attribute_says_in_json_what_the_model_says(one: NoticeExtensions):
    found = told.attributes(as_json(one))
    assert found["case"] == one.case
    assert found["sequence"] == str(one.sequence)
    assert found.get("replay") == ("true" if one.replay else None)
    for name in ("to", "awaits", "state", "may", "skipped", "names", "prints", "remind"):
        value = getattr(one, name)
        if name in {"names", "prints", "remind"} and not value:
            assert name not in found
        else:
            assert found[name] == to_json(value).decode()


def test_a_row_of_an_earlier_hub_which_said_less_is_still_told():
    written = b'{"case":"c","sequence":1,"to":["SE1-A"],"awaits":{},"state":{},"may":{},"skipped":[]}'
    found = told.attributes(written)
    assert from_json(found["to"]) == ["SE1-A"]
    assert not {"names", "prints", "remind", "replay"} & found.keys()
