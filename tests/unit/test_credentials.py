"""Which credentials are in force: the directory's without those that have ended, and what rotation has added, each in its time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from hub.directory.credentials import in_force
from hub.store.credentials import Credential, sha256
from schemas.directory import Directory
from tests.stack import SECRETS, TOKEN, content, hashed

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
DAY = timedelta(days=1)


def directory():
    found = content()
    found["systems"][0]["out"] = {"way": "webhook", "url": "https://a.example/x", "secrets": list(SECRETS[:1])}
    return Directory.model_validate(found)


def credential(kind, value, *, since=NOW, until=None, added=True, system="ehr"):
    sha = value if kind == "token" else sha256(value)
    return Credential(1, system, kind, sha, value if added else None, since, until, "anna")


def test_after_a_rotation_both_are_valid_until_the_old_one_ends_and_then_the_new_one_alone():
    new = credential("token", hashed("new-token"))
    old = credential("token", hashed(TOKEN), until=NOW + DAY, added=False)
    during, after = (in_force(directory(), [old, new], at) for at in (NOW, NOW + DAY))
    assert {during.system_by_token[hashed(one)].id for one in (TOKEN, "new-token")} == {"ehr"}
    assert set(after.system_by_token) == {hashed("new-token")}
    assert set(directory().system_by_token) == {hashed(TOKEN)}, "the directory that was applied is as it was"


def test_what_is_signed_during_a_rotation_both_secrets_open():
    rotated = [
        credential("secret", SECRETS[0], until=NOW + DAY, added=False),
        credential("secret", SECRETS[1]),
    ]
    (during, after) = (in_force(directory(), rotated, at).system_by_id["ehr"].out.secrets for at in (NOW, NOW + DAY))
    assert (during, after) == (SECRETS, SECRETS[1:])
    now = datetime.now(UTC)
    headers = {"webhook-id": "out-1", "webhook-timestamp": str(int(now.timestamp()))}
    headers["webhook-signature"] = " ".join(Webhook(one).sign("out-1", now, "{}") for one in during)
    for one in during:
        assert Webhook(one).verify("{}", headers) == {}


def test_an_older_directory_that_is_applied_again_revives_no_token_that_was_rotated_away():
    rotated = [credential("token", hashed(TOKEN), until=NOW, added=False), credential("token", hashed("new-token"))]
    assert set(in_force(directory(), rotated, NOW + 30 * DAY).system_by_token) == {hashed("new-token")}


def test_a_way_out_whose_credentials_have_all_ended_keeps_the_directorys():
    ended = [credential("secret", SECRETS[0], until=NOW, added=False)]
    assert in_force(directory(), ended, NOW + DAY).system_by_id["ehr"].out.secrets == SECRETS[:1]


def test_the_hub_shows_a_new_bearer_token_from_its_time_on_and_not_before():
    found = content()
    old, new = "o" * 32, "n" * 32
    found["systems"][0] |= {"out": {"way": "fhir", "base": "https://a.example/fhir", "token": old}, "format": "fhir"}
    rotated = [
        credential("bearer", old, until=NOW + DAY, added=False),
        credential("bearer", new, since=NOW + DAY / 2),
    ]
    made = Directory.model_validate(found)
    shown = [in_force(made, rotated, NOW + hours * DAY / 24).system_by_id["ehr"].out.token for hours in (0, 11, 12, 48)]
    assert shown == [old, old, new, new]


@pytest.mark.parametrize("system", ["gone", "centre"])
def test_what_concerns_one_system_changes_no_other(system):
    before = directory()
    after = in_force(before, [credential("token", hashed("x"), system=system)], NOW)
    changed = {one.id for one, other in zip(before.systems, after.systems, strict=True) if one != other}
    assert changed == {system} & {"centre"}


@given(st.lists(st.tuples(st.integers(0, 9), st.one_of(st.none(), st.integers(0, 9))), max_size=6), st.integers(0, 9))
def test_at_every_moment_exactly_those_are_valid_whose_time_it_is(times, at):
    rotated = [
        credential(
            "token", hashed(f"t{n}"), since=NOW + since * DAY, until=None if until is None else NOW + until * DAY
        )
        for n, (since, until) in enumerate(times)
    ]
    found = in_force(directory(), rotated, NOW + at * DAY)
    expected = {
        hashed(f"t{n}") for n, (since, until) in enumerate(times) if since <= at and (until is None or at < until)
    }
    assert set(found.system_by_id["ehr"].token_sha256) == expected | {hashed(TOKEN)}
