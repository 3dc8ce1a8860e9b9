"""Operations signs in by OpenID Connect: the sandbox's own provider on real HTTP, the hub on real HTTP, a real database."""

import asyncio
import base64
import hmac
import json
import logging
import time
from dataclasses import replace

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from hub.errors import Misconfigured, Refused
from hub.http_api import api_of
from hub.ops_client.client import OpsClient, OpsRefused
from hub.ops_client.in_process import InProcess
from hub.sandbox.openid.people import DemoPerson
from hub.settings import OpenIdSettings
from hub.sign_in.provider import Provider
from hub.sign_in.sign_in import SignIn
from hub.store import operator_log
from tests.integration.test_views import directory, opened, served
from tests.openid import bearer, listening, sign_in_place
from tests.operators import EVERY_ROLE, Person, nobody_yet

OMAR, SARA, KIM = "demo-omar", "demo-sara", "demo-kim"


@pytest.fixture
async def place(shared_database):
    async with served(shared_database, directory()) as found, sign_in_place(found.hub) as made:
        await nobody_yet(found.hub.store)
        yield made


async def trail_of(place):
    async with place.hub.store.transaction() as connection:
        return [(one.who, one.what, one.reason) for one in await operator_log.latest(connection, target=None, limit=50)]


# --- in a browser -----------------------------------------------------------------------------------------------------


async def test_somebody_signs_in_and_is_known_by_name_with_the_rights_of_their_role(place):
    session = await place.sign_in(OMAR)
    assert (session["who"], session["roles"], session["rights"]) == ("Omar Haddad", ["drift"], ["act-on-one", "see"])
    assert session["next"] == "/console/"
    assert (await place.ask("/me", token=session["token"]))["who"] == "Omar Haddad"
    assert await trail_of(place) == [("Omar Haddad", "sign in", "as drift")]


async def test_every_demo_person_comes_in_as_what_they_are_and_who_has_no_role_does_not(place):
    seen = set()
    for person in place.provider.people.values():
        if not person.roles:
            assert (await place.sign_in(person.subject, 403))["rule"] == "no-role"
            assert (await trail_of(place))[-1][:2] == (person.name, "sign in refused")
            continue
        session = await place.sign_in(person.subject)
        assert (session["who"], set(session["roles"])) == (person.name, set(person.roles))
        seen |= set(session["roles"])
    assert seen == EVERY_ROLE


async def test_a_state_is_taken_once_and_its_code_too(place):
    begun = await place.begin()
    back = await place.at_provider(begun, OMAR)
    asked = {"state": back["state"], "proof": begun["proof"], "code": back["code"]}
    await place.say("/sessions", asked)
    assert (await place.say("/sessions", asked, 409))["rule"] == "sign-in-unknown"
    another = await place.begin()
    reused = {"state": another["state"], "proof": another["proof"], "code": back["code"]}
    assert (await place.say("/sessions", reused, 403))["rule"] == "sign-in-refused"


async def test_an_address_that_is_sent_to_somebody_else_signs_nobody_in(place):
    mine, theirs = await place.begin(), await place.begin()
    back = await place.at_provider(mine, OMAR)
    asked = {"state": back["state"], "proof": theirs["proof"], "code": back["code"]}
    assert (await place.say("/sessions", asked, 409))["rule"] == "sign-in-unknown"
    right = asked | {"proof": mine["proof"]}
    assert (await place.say("/sessions", right, 409))["rule"] == "sign-in-unknown", "a wrong proof ends the sign-in"


async def test_a_code_of_another_sign_in_is_refused_by_pkce_and_by_the_nonce(place):
    mine, theirs = await place.begin(), await place.begin()
    back = await place.at_provider(theirs, KIM)
    asked = {"state": mine["state"], "proof": mine["proof"], "code": back["code"]}
    assert (await place.say("/sessions", asked, 403))["rule"] == "sign-in-refused"
    assert await trail_of(place) == []


async def test_a_sign_in_that_took_too_long_is_none(place):
    begun = await place.begin()
    back = await place.at_provider(begun, OMAR)
    async with place.hub.store.transaction() as connection:
        await connection.execute("UPDATE sign_in SET until = now()")
    asked = {"state": back["state"], "proof": begun["proof"], "code": back["code"]}
    assert (await place.say("/sessions", asked, 409))["rule"] == "sign-in-unknown"


@pytest.mark.parametrize(
    "more",
    [
        {"redirect_uri": "https://evil.example/console/signed-in"},
        {"redirect_uri": "http://127.0.0.1/console/signed-in"},
        {"next": "//evil.example/"},
        {"next": "/\\evil.example"},
        {"next": "https://evil.example/"},
        {"next": "/console/cases/191212121212"},
        {"next": ""},
    ],
)
async def test_the_browser_is_sent_nowhere_else(place, more):
    refused = await place.say("/sign-in", {"redirect_uri": place.redirect_uri, **more}, 400)
    assert refused["rule"] in {"redirect-uri", "bad-query"} and refused["text"]["sv"]
    assert "evil" not in str(refused) and "1212" not in str(refused)


async def test_a_redirect_address_is_one_as_it_was_registered(place):
    for wrong in (place.redirect_uri + "/", place.redirect_uri + "?a=b", place.redirect_uri.upper()):
        assert (await place.say("/sign-in", {"redirect_uri": wrong}, 400))["rule"] == "redirect-uri"


# --- a provider that answers wrongly ----------------------------------------------------------------------------------


def altered(provider, claims=lambda one: one, signed=None):
    """The provider, whose id tokens say or are something else."""
    honest_claims, honest_signed = provider.claims, provider.signed
    provider.claims = lambda *given: claims(honest_claims(*given))
    provider.signed = (lambda given, kind="JWT": signed(provider, given)) if signed else honest_signed


def in_base64(part):
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def unsigned(_, claims):
    return ".".join(in_base64(json.dumps(one).encode()) for one in ({"alg": "none"}, claims)) + "."


def by_another_key(provider, claims):
    return jwt.encode({"alg": "ES256", "kid": provider.key.kid}, claims, ECKey.generate_key("P-256"))


def by_a_secret(provider, claims, secret):
    header = {"alg": "HS256", "kid": provider.key.kid}
    signed = ".".join(in_base64(json.dumps(one).encode()) for one in (header, claims))
    return f"{signed}.{in_base64(hmac.digest(secret, signed.encode(), 'sha256'))}"


def by_the_shared_secret(provider, claims):
    return by_a_secret(provider, claims, provider.client.secret.encode())


def by_the_public_key_as_a_secret(provider, claims):
    return by_a_secret(provider, claims, provider.key.as_pem(private=False))


def by_a_key_that_is_not_known(_, claims):
    key = ECKey.generate_key("P-256", auto_kid=True)
    return jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key)


WRONG_TOKENS = {
    "another nonce": {"claims": lambda one: one | {"nonce": "another"}},
    "no nonce": {"claims": lambda one: {name: value for name, value in one.items() if name != "nonce"}},
    "another audience": {"claims": lambda one: one | {"aud": "another"}},
    "several, and another asked": {"claims": lambda one: one | {"aud": [one["aud"], "x"], "azp": "x"}},
    "several, and nobody asked": {"claims": lambda one: one | {"aud": [one["aud"], "x"]}},
    "another issuer": {"claims": lambda one: one | {"iss": "https://another.example"}},
    "expired": {"claims": lambda one: one | {"exp": int(time.time()) - 120}},
    "never expires": {"claims": lambda one: {name: value for name, value in one.items() if name != "exp"}},
    "of tomorrow": {"claims": lambda one: one | {"iat": int(time.time()) + 86_400}},
    "no subject": {"claims": lambda one: {name: value for name, value in one.items() if name != "sub"}},
    "a subject that is a number": {"claims": lambda one: one | {"sub": 7}},
    "a logout token": {"claims": lambda one: one | {"events": {}}},
    "not signed": {"signed": unsigned},
    "by another key": {"signed": by_another_key},
    "by the shared secret": {"signed": by_the_shared_secret},
    "by the public key as a secret": {"signed": by_the_public_key_as_a_secret},
    "by a key that is not known": {"signed": by_a_key_that_is_not_known},
    "no token": {"signed": lambda *_: ""},
    "no text": {"signed": lambda *_: {"a": 1}},
    "no token at all": {"signed": lambda *_: "a.b"},
}


async def test_an_id_token_that_is_not_what_it_should_be_signs_nobody_in(place):
    honest = place.provider.claims, place.provider.signed
    for name, how in WRONG_TOKENS.items():
        place.provider.claims, place.provider.signed = honest
        altered(place.provider, **how)
        refused = await place.sign_in(OMAR, 403)
        assert refused["rule"] == "sign-in-refused", name
        assert refused["element"] == "/code", name
    place.provider.claims, place.provider.signed = honest
    assert await trail_of(place) == []
    assert (await place.sign_in(OMAR))["who"] == "Omar Haddad"


@pytest.mark.parametrize(
    ("claims", "rule"),
    [
        ({"name": "191212121212"}, "shown-name"),
        ({"name": "Tolvan 19121212-1212"}, "shown-name"),
        ({"name": ""}, "shown-name"),
        ({"name": None}, "shown-name"),
        ({"name": ["Omar"]}, "shown-name"),
        ({"name": "Omar\nadmin"}, "shown-name"),
        ({"name": "x" * 101}, "shown-name"),
        ({"roles": []}, "no-role"),
        ({"roles": ["admin", "root"]}, "no-role"),
        ({"roles": 7}, "no-role"),
        ({"roles": [["drift"], None]}, "no-role"),
    ],
)
async def test_who_has_no_name_that_can_be_shown_or_no_role_does_not_come_in(place, claims, rule):
    altered(place.provider, lambda one: one | claims)
    refused = await place.sign_in(OMAR, 403)
    assert refused["rule"] == rule
    assert "1212" not in str(refused)


async def test_the_providers_own_claims_and_role_names_are_read_as_the_settings_say(shared_database):
    settings = {
        "roles_claim": "realm_access.roles",
        "roles": "SVU Drift=drift, granskning=granskare",
        "name_claim": "n",
    }
    async with served(shared_database, directory()) as found, sign_in_place(found.hub, **settings) as place:
        altered(
            place.provider,
            lambda one: (
                one | {"n": "  Disa   Drift ", "realm_access": {"roles": ["SVU Drift", "granskare", "granskning"]}}
            ),
        )
        session = await place.sign_in(OMAR)
    assert (session["who"], session["roles"]) == ("Disa Drift", ["drift", "granskare"])


async def test_roles_that_are_removed_at_the_provider_are_gone_at_the_next_sign_in(place):
    before = await place.sign_in(OMAR)
    place.provider.people[OMAR] = DemoPerson(OMAR, "Omar Haddad", ("lasare",), "")
    assert (await place.ask("/me", token=before["token"]))["rights"] == ["act-on-one", "see"]
    assert (await place.sign_in(OMAR))["rights"] == ["see"]


async def test_keys_that_the_provider_changes_are_fetched_anew(place, monkeypatch):
    await place.sign_in(OMAR)
    monkeypatch.setattr("hub.sign_in.provider._AGAIN_S", 0.0)
    place.provider.key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
    await place.sign_in(OMAR)


async def test_a_provider_that_is_away_or_another_is_told_as_such(shared_database):
    async with served(shared_database, directory()) as found, sign_in_place(found.hub) as place:
        honest = place.provider.metadata
        place.provider.metadata = lambda: honest() | {"issuer": "https://another.example"}
        refused = await place.say("/sign-in", {"redirect_uri": place.redirect_uri}, 503)
        assert refused["rule"] == "provider-away"
        place.provider.metadata = honest
        await place.begin()
    async with served(shared_database, directory()) as found:
        settings = OpenIdSettings(issuer="http://127.0.0.1:9", client_id="x", redirect_uris="http://x/done")
        found.hub.sign_in = SignIn(found.hub.store, settings, production=False)
        refused = await Person(found.hub, None).say("/sign-in", {"redirect_uri": "http://x/done"}, 503)
        assert refused["rule"] == "provider-away" and refused["text"]["sv"]


# --- a device ---------------------------------------------------------------------------------------------------------


async def choose_for_device(place, begun, person=OMAR):
    page = await place.browser.get(begun["verification_uri_complete"])
    assert begun["user_code"] in page.text
    form = {"user_code": begun["user_code"], "person": person}
    assert (await place.browser.post(begun["verification_uri"], data=form)).status_code == 200


async def asked_for_device(place, begun, status):
    async with place.hub.store.transaction() as connection:  # instead of waiting
        await connection.execute("UPDATE device_sign_in SET asked_at = NULL")
    for device in place.provider._devices.values():
        device.asked_at = 0.0
    return await place.say("/sessions/device", {"device": begun["device"]}, status)


async def test_a_device_is_signed_in_when_somebody_has_entered_its_code_and_once(place):
    begun = await place.say("/sign-in/device")
    assert (await asked_for_device(place, begun, 409))["rule"] == "sign-in-awaited"
    assert (await place.say("/sessions/device", {"device": begun["device"]}, 429))["rule"] == "sign-in-awaited"
    await choose_for_device(place, begun)
    session = await asked_for_device(place, begun, 200)
    assert (session["who"], (await place.ask("/me", token=session["token"]))["who"]) == ("Omar Haddad", "Omar Haddad")
    assert (await asked_for_device(place, begun, 409))["rule"] == "sign-in-unknown"


async def test_a_device_is_none_that_is_not_known_too_old_or_refused(place):
    assert (await place.say("/sessions/device", {"device": "made-up"}, 409))["rule"] == "sign-in-unknown"
    late = await place.say("/sign-in/device")
    async with place.hub.store.transaction() as connection:
        await connection.execute("UPDATE device_sign_in SET until = now()")
    assert (await asked_for_device(place, late, 409))["rule"] == "sign-in-unknown"
    forgotten = await place.say("/sign-in/device")
    place.provider._devices.clear()
    assert (await asked_for_device(place, forgotten, 403))["rule"] == "sign-in-refused"
    assert (await asked_for_device(place, forgotten, 409))["rule"] == "sign-in-unknown"


# --- its end ----------------------------------------------------------------------------------------------------------


async def test_whoever_signs_out_is_out_here_and_told_where_to_sign_out_at_the_provider(place):
    one, other = await place.sign_in(OMAR), await place.sign_in(OMAR)
    answer = await place.client.delete("/sessions/current", headers=bearer(one["token"]))
    where = answer.json()["end_session_url"]
    assert where.startswith(f"{place.provider.issuer}/end_session?")
    await place.ask("/me", 401, token=one["token"])
    await place.ask("/me", token=other["token"])
    assert (await place.client.delete("/sessions/current", headers=bearer(one["token"]))).status_code == 401
    assert (await trail_of(place))[-1] == ("Omar Haddad", "sign out", "by themselves")


async def test_signing_out_at_the_provider_ends_the_session_that_began_there_and_no_other(place):
    one = await place.sign_in(SARA)
    await place.browser.get(f"{place.provider.issuer}/end_session")  # by its own cookie
    await place.ask("/me", 401, token=one["token"])
    assert (await trail_of(place))[-1] == ("Sara Nyström", "sign out", "ended at the sign-in service")
    left = await place.sign_in(OMAR)
    await place.sign_in(KIM)
    await place.browser.get(f"{place.provider.issuer}/end_session")
    await place.ask("/me", token=left["token"])


async def logged_out(place, token, status=204, **form):
    given = {"logout_token": token, **form}
    answer = await place.client.post("/backchannel-logout", data=given)
    assert answer.status_code == status, answer.text
    return answer.json() if status != 204 else None


def session_at_provider(place, person=OMAR):
    return next(sid for sid, subject in place.provider._sessions.items() if subject == person)


async def test_a_logout_token_is_taken_once(place):
    one = await place.sign_in(OMAR)
    token = place.provider.logout_token(OMAR, session_at_provider(place))
    await logged_out(place, token)
    await place.ask("/me", 401, token=one["token"])
    assert (await logged_out(place, token, 400))["rule"] == "logout-token"


async def test_a_logout_token_of_a_person_ends_all_of_theirs(place):
    sessions = [await place.sign_in(OMAR), await place.sign_in(OMAR)]
    other = await place.sign_in(SARA)
    honest = place.provider.signed
    place.provider.signed = lambda claims, kind: honest({n: v for n, v in claims.items() if n != "sid"}, kind)
    await logged_out(place, place.provider.logout_token(OMAR, "-"))
    for one in sessions:
        await place.ask("/me", 401, token=one["token"])
    await place.ask("/me", token=other["token"])


WRONG_LOGOUTS = {
    "a nonce": {"nonce": "x"},
    "no event": {"events": {}},
    "another event": {"events": {"http://schemas.openid.net/event/other": {}}},
    "no id": {"jti": None},
    "nobody": {"sub": None, "sid": None},
    "another audience": {"aud": "another"},
    "another issuer": {"iss": "https://another.example"},
    "expired": {"exp": 1_000_000_000},
    "never expires": {"exp": None},
    "a time that is none": {"exp": 1e300},
    "not issued": {"iat": None},
}


async def test_a_logout_token_that_is_not_what_it_should_be_ends_nothing(place):
    session = await place.sign_in(OMAR)
    at_provider, honest = session_at_provider(place), place.provider.signed
    for name, wrong in WRONG_LOGOUTS.items():
        place.provider.signed = lambda claims, kind, wrong=wrong: honest(
            {one: value for one, value in (claims | wrong).items() if value is not None}, kind
        )
        assert (await logged_out(place, place.provider.logout_token(OMAR, at_provider), 400))[
            "rule"
        ] == "logout-token", name
    for signed in (unsigned, by_another_key, by_the_shared_secret, by_a_key_that_is_not_known):
        place.provider.signed = lambda claims, _, signed=signed: signed(place.provider, claims)
        await logged_out(place, place.provider.logout_token(OMAR, at_provider), 400)
    place.provider.signed = honest
    id_token = honest(place.provider.claims(OMAR, at_provider, None))
    for token in ("", "x", id_token, session["token"]):
        await logged_out(place, token, 400)
    token = place.provider.logout_token(OMAR, at_provider)
    assert (await place.client.post("/backchannel-logout", data={"logout_token": [token, token]})).status_code == 400
    assert (await place.client.post("/backchannel-logout", json={"logout_token": token})).status_code == 400
    await place.ask("/me", token=session["token"])


async def test_a_session_stands_idle_for_half_an_hour_and_ends_after_ten_hours(place):
    idle, used = await place.sign_in(OMAR), await place.sign_in(OMAR)
    async with place.hub.store.transaction() as connection:
        await connection.execute("UPDATE operator_session SET used_at = used_at - interval '20 minutes'")
    await place.ask("/me", token=used["token"])
    for _ in range(2):  # what a page asks by itself is no use of the session
        answer = await place.client.get("/me", headers=bearer(idle["token"]) | {"X-By-Itself": "true"})
        assert answer.status_code == 200
    async with place.hub.store.transaction() as connection:
        await connection.execute("UPDATE operator_session SET used_at = used_at - interval '11 minutes'")
    await place.ask("/me", 401, token=idle["token"])
    await place.ask("/me", token=used["token"])
    async with place.hub.store.transaction() as connection:
        await connection.execute("UPDATE operator_session SET until = until - interval '10 hours'")
    await place.ask("/me", 401, token=used["token"])


# --- several processes, wrong guesses, and what is not there ----------------------------------------------------------


async def test_a_sign_in_that_begins_at_one_process_ends_at_another_and_its_session_is_known_to_both(shared_database):
    async with served(shared_database, directory()) as found, sign_in_place(found.hub) as place:
        other = await opened(shared_database, directory())
        await other.sign_in.close()
        other.sign_in = SignIn(other.store, found.hub.sign_in.provider.settings, production=False)
        async with listening(api_of(other)) as url, httpx.AsyncClient(base_url=f"{url}/ops", trust_env=False) as second:
            begun = await place.begin()
            back = await place.at_provider(begun, OMAR)
            asked = {"state": back["state"], "proof": begun["proof"], "code": back["code"]}
            answers = await asyncio.gather(
                second.post("/sessions", json=asked), place.client.post("/sessions", json=asked)
            )
            (session,) = [one.json() for one in answers if one.status_code == 200]
            assert sorted(one.status_code for one in answers) == [200, 409]
            for client in (second, place.client):
                assert (await client.get("/me", headers=bearer(session["token"]))).status_code == 200
            await second.delete("/sessions/current", headers=bearer(session["token"]))
            await place.ask("/me", 401, token=session["token"])
            token = place.provider.logout_token(OMAR, session_at_provider(place))
            answers = await asyncio.gather(
                *(one.post("/backchannel-logout", data={"logout_token": token}) for one in (second, place.client))
            )
            assert sorted(one.status_code for one in answers) == [204, 400]
        await other.sign_in.close()
        await other.store.close()


async def test_whoever_shows_wrong_tokens_waits_and_whose_session_is_in_force_does_not(place):
    session = await place.sign_in(OMAR)
    for _ in range(60):
        await place.ask("/me", 401, token="guessed")
    assert (await place.ask("/me", 429, token="guessed"))["rule"] == "too-many-guesses"
    assert (await place.say("/sessions/device", {"device": "guessed"}, 429))["rule"] == "too-many-guesses"
    await place.ask("/me", token=session["token"])


async def test_made_up_states_and_logout_tokens_are_counted_as_guesses(place):
    for _ in range(30):
        await place.say("/sessions", {"state": "a", "proof": "b", "code": "c"}, 409)
        await logged_out(place, "x", 400)
    assert (await place.say("/sessions", {"state": "a", "proof": "b", "code": "c"}, 429))["rule"] == "too-many-guesses"


async def test_no_session_of_another_is_ended_or_seen(place):
    mine, theirs = await place.sign_in(OMAR), await place.sign_in(KIM)
    for path in ("/sessions/1", "/sessions/2", f"/sessions/{theirs['token']}"):
        answer = await place.client.delete(path, headers=bearer(mine["token"]))
        assert answer.status_code in {404, 405}
    await place.ask("/sessions", 403, token=mine["token"])
    await place.ask("/trail", 403, token=mine["token"])
    await place.ask("/me", token=theirs["token"])


async def test_without_a_provider_nobody_signs_in_and_that_is_said(shared_database):
    async with served(shared_database, directory()) as found:
        for path, body in (
            ("/ops/sign-in", {"redirect_uri": "http://x/done"}),
            ("/ops/sessions", {"state": "a", "proof": "b", "code": "c"}),
            ("/ops/sign-in/device", None),
            ("/ops/sessions/device", {"device": "a"}),
        ):
            answer = await found.client.post(path, json=body)
            assert (answer.status_code, answer.json()["rule"]) == (409, "no-sign-in")
        answer = await found.client.post("/ops/backchannel-logout", data={"logout_token": "x"})
        assert answer.json()["rule"] == "no-sign-in"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"issuer": "http://idp.example.org"}, "HUB_OPENID__ISSUER has no TLS"),
        ({"redirect_uris": "https://x/done, http://x/done"}, "HUB_OPENID__REDIRECT_URIS has an address without TLS"),
        ({"roles": "theirs=nothing"}, "HUB_OPENID__ROLES is wrong"),
        ({"roles": "drift"}, "HUB_OPENID__ROLES is wrong"),
    ],
)
def test_settings_with_which_nobody_could_sign_in_safely_do_not_start(settings, said):
    given = {"issuer": "https://idp.example.org", "client_id": "x", "redirect_uris": "https://x/done", **settings}
    with pytest.raises(Misconfigured, match=said):
        SignIn(None, OpenIdSettings(**given), production=True)


async def test_no_secret_stands_in_any_log(place, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    begun = await place.begin()
    back = await place.at_provider(begun, OMAR)
    asked = {"state": back["state"], "proof": begun["proof"], "code": back["code"]}
    session = await place.say("/sessions", asked)
    await place.say("/sessions", asked, 409)
    device = await place.say("/sign-in/device")
    token = place.provider.logout_token(OMAR, session_at_provider(place))
    await logged_out(place, token)
    await logged_out(place, token, 400)
    await place.ask("/me", 401, token=session["token"])
    ours = [one for one in caplog.records if not one.name.startswith(("httpcore", "httpx", "asyncio", "uvicorn"))]
    written = "".join(map(str, (one.getMessage() for one in ours))) + "".join(capsys.readouterr())
    for secret in (*asked.values(), session["token"], device["device"], token, place.provider.client.secret + "."):
        assert secret not in written


async def test_two_people_of_one_name_are_told_apart_and_no_name_at_the_provider_is_kept(place):
    place.provider.people[SARA] = DemoPerson(SARA, "Omar Haddad", ("granskare",), "")
    first, second, again = [(await place.sign_in(one))["who"] for one in (OMAR, SARA, OMAR)]
    assert first == again == "Omar Haddad"
    assert second.startswith("Omar Haddad (") and second != first
    async with place.hub.store.transaction() as connection:
        rows = await (await connection.execute("SELECT subject, provider_session FROM operator_session")).fetchall()
    kept = {text for row in rows for text in row}
    assert kept.isdisjoint({OMAR, SARA, *place.provider._sessions})


async def test_many_sign_ins_that_are_begun_from_one_address_wait_and_those_of_other_visitors_do_not(place):
    ops = OpsClient(httpx.AsyncClient(transport=InProcess(api_of(place.hub), ""), base_url="http://hub/ops"))
    body = {"redirect_uri": place.redirect_uri}
    for _ in range(300):
        await replace(ops, visitor="192.0.2.1").say("/sign-in", body)
    with pytest.raises(OpsRefused) as refused:
        await replace(ops, visitor="192.0.2.1").say("/sign-in", body)
    assert (refused.value.status, refused.value.rule) == (429, "too-many-guesses")
    await replace(ops, visitor="192.0.2.2").say("/sign-in", body)
    await place.begin()


# --- providers of other kinds -------------------------------------------------------------------------------------------


async def test_a_provider_with_rsa_keys_that_say_nothing_of_their_use_is_understood(place):
    key = RSAKey.generate_key(2048)
    place.provider.keys = lambda: {"keys": [{n: v for n, v in key.as_dict(private=False).items() if n != "kid"}]}
    place.provider.signed = lambda claims, kind="JWT": jwt.encode({"alg": "RS256", "typ": kind}, claims, key)
    assert (await place.sign_in(OMAR))["who"] == "Omar Haddad"


async def test_what_the_token_does_not_say_is_asked_of_the_provider_about_the_same_person_alone(place):
    told = {"sub": OMAR, "name": "Omar Haddad", "roles": ["granskare"]}

    async def user_info(request):
        assert request.headers["authorization"].startswith("Bearer ")
        return JSONResponse(told)

    honest = place.provider.metadata
    altered(place.provider, lambda one: {name: value for name, value in one.items() if name != "roles"})
    async with listening(Starlette(routes=[Route("/", user_info)])) as url:
        place.provider.metadata = lambda: honest() | {"userinfo_endpoint": f"{url}/"}
        assert (await place.sign_in(OMAR))["roles"] == ["granskare"]
        told["sub"] = SARA
        assert (await place.sign_in(OMAR, 403))["rule"] == "no-role"


async def test_tokens_that_name_a_key_that_is_not_known_do_not_make_the_hub_ask_over_and_over(place):
    await place.sign_in(OMAR)
    asked, honest = [], place.provider.keys
    place.provider.keys = lambda: asked.append(1) or honest()
    for _ in range(20):
        await logged_out(place, by_a_key_that_is_not_known(None, {"sub": OMAR}), 400)
    assert len(asked) <= 1


async def test_in_production_nothing_is_asked_of_a_provider_without_tls():
    said = {
        "issuer": "https://idp.example.org",
        "token_endpoint": "http://idp.example.org/token",
        "jwks_uri": "https://x/",
    }
    settings = OpenIdSettings(issuer=said["issuer"], client_id="x", redirect_uris="https://x/done")
    provider = Provider(settings, production=True)
    asked = []
    provider._client = httpx.AsyncClient(
        transport=httpx.MockTransport(lambda request: asked.append(str(request.url)) or httpx.Response(200, json=said))
    )
    with pytest.raises(Refused, match="provider-away"):
        await provider.post("token_endpoint", {"code": "secret"})
    assert asked == ["https://idp.example.org/.well-known/openid-configuration"]
    await provider.close()
