"""The directory over the operations API: its tree, who may do what, versions and differences, applying with two people at once, and the
credentials of systems. On a real database.
"""

import re
from collections import Counter

import pytest
import yaml

from hub.store import directory as directories
from hub.store import operator_log
from tests.integration.test_console_hostile import browser
from tests.integration.test_views import CENTRE, WARD, directory, opened, served
from tests.operators import signed_in


@pytest.fixture
async def hub(database):
    found = await opened(database, directory())
    yield found
    await found.sign_in.close()
    await found.store.close()


@pytest.fixture
async def keeper(hub):
    return await signed_in(hub, "katalogansvarig", who="Kajsa Katalog")


async def in_force(person):
    (newest, *_) = (await person.ask("/directory/versions"))["rows"]
    return (await person.ask(f"/directory/versions/{newest['version']}"))["yaml"]


def changed(text, change):
    content = yaml.safe_load(text)
    change(content)
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False)


def renamed(name):
    return lambda content: content["units"][0].update(name=name)


async def tried(person, text):
    return await person.say("/directory/dry-run", {"yaml": text})


def act(trial, text, **more):
    return {"yaml": text, "version": trial["version"], "digest": trial["digest"], "reason": "nytt namn"} | more


async def test_the_tree_is_read_branch_by_branch_down_to_the_system_of_each_unit(hub):
    reader = await signed_in(hub, "lasare")
    regions = (await reader.ask("/directory"))["rows"]
    skane = next(one for one in regions if one["region"] == "skane")
    assert (skane["units"], skane["unserved"]) == (len(directory().units), 0)
    first = await reader.ask("/directory/organisations", region="skane", limit=1)
    rest = await reader.ask("/directory/organisations", region="skane", after=first["next"])
    assert len(first["rows"]) + len(rest["rows"]) == skane["organisations"] and rest["next"] is None
    for one in [*first["rows"], *rest["rows"]]:
        below = (await reader.ask("/directory/units", organisation=one["organisation"]))["rows"]
        assert len(below) == one["units"] and all(unit["system"] for unit in below)
    doctors = (await reader.ask("/directory/units", step="stallningstagande", duty="justera", role="lakare"))["rows"]
    assert [one["unit"] for one in doctors] == [WARD]
    assert (await reader.ask("/directory/units", role="chaufför", status=400))["rule"] == "bad-query"


async def test_rights_say_which_duties_and_from_which_entry_and_what_a_system_is_entitled_to(hub):
    reader = await signed_in(hub, "lasare")
    found = await reader.ask("/directory/rights", unit=WARD, role="lakare", system="ehr")
    (one,) = found["unit"]["rights"]
    assert (one["step"], one["duties"]) == ("stallningstagande", ["justera"])
    assert one["entry"] == f"units[hsa={WARD}].roles.lakare.stallningstagande"
    assert found["system"]["ways_in"] == ["kafka", "http"]
    assert any("hub.in.ehr" in said["en"] for said in found["system"]["entitled"])
    assert (await reader.ask("/directory/rights", 404, unit=CENTRE, role="lakare"))["element"] == "/role"
    assert (await reader.ask("/directory/rights", 404, system="nobody"))["rule"] == "unknown-system"
    assert (await reader.ask("/directory/rights", 400))["rule"] == "bad-query"


async def test_a_directory_is_tried_applied_and_gone_back_from_with_its_difference_by_field(hub, keeper):
    text = changed(await in_force(keeper), renamed("Avdelning 99"))
    trial = await tried(keeper, text)
    (entry,) = trial["rows"]
    assert (entry["what"], entry["kind"], [field["path"] for field in entry["fields"]]) == ("changed", "unit", ["name"])
    assert (trial["summary"], trial["taken"], trial["applied"]) == ("1 unit changed", [], None)
    assert len((await keeper.ask("/directory/versions"))["rows"]) == 1, "a dry run changes nothing"
    done = await keeper.say("/directory/apply", act(trial, text))
    assert done["applied"] == 2
    (newest, former) = (await keeper.ask("/directory/versions"))["rows"]
    assert (newest["version"], newest["who"], newest["reason"]) == (2, "Kajsa Katalog", "nytt namn")
    between = await keeper.ask(f"/directory/versions/{former['version']}/difference/{newest['version']}")
    assert between["rows"] == trial["rows"]
    back = await keeper.say("/directory/rollback/dry-run", {"to": 1})
    gone_back = await keeper.say(
        "/directory/rollback", {"to": 1, "version": 2, "digest": back["digest"], "reason": "fel namn"}
    )
    assert gone_back["applied"] == 3
    assert (await keeper.ask("/directory/versions/1/difference/3"))["rows"] == []
    assert (await keeper.ask("/directory/versions/9", 404))["rule"] == "unknown-version"


async def test_of_two_at_once_the_second_is_told_what_the_first_changed(hub, keeper):
    other = await signed_in(hub, "katalogansvarig", who="Olle Ordning")
    text = await in_force(keeper)
    mine, others = changed(text, renamed("Mitt namn")), changed(text, renamed("Hans namn"))
    my_trial, his_trial = await tried(keeper, mine), await tried(other, others)
    await other.say("/directory/apply", act(his_trial, others))
    refused = await keeper.say("/directory/apply", act(my_trial, mine), 409)
    assert refused["rule"] == "directory-changed" and refused["type"] == "/errors/directory-changed"
    assert "Olle Ordning" in refused["text"]["sv"] and f"unit {WARD}" in refused["text"]["en"]
    again = await tried(keeper, mine)
    assert (await keeper.say("/directory/apply", act(again, text), 409))["rule"] == "another-difference"
    assert (await keeper.say("/directory/apply", act(again, mine)))["applied"] == 3


async def test_what_is_in_use_is_taken_away_by_force_alone_and_in_figures(database):
    async with served(database, directory()) as place:
        keeper = await signed_in(place.hub, "katalogansvarig")

        def without_malmo(content):
            content["systems"] = [one for one in content["systems"] if one["id"] != "malmo"]

        text = changed(await in_force(keeper), without_malmo)
        trial = await tried(keeper, text)
        assert [(one["kind"], one["notices"]) for one in trial["taken"]] == [("unit", 0)]
        assert "betjänas av inget system" in trial["taken"][0]["text"]["sv"]
        refused = await keeper.say("/directory/apply", act(trial, text), 409)
        assert (refused["rule"], refused["element"]) == ("directory-in-use", "/force")
        assert (await keeper.say("/directory/apply", act(trial, text, force=True)))["applied"] == 2


async def test_what_is_no_directory_is_refused_at_every_place_in_both_languages(hub, keeper):
    text = await in_force(keeper)
    twice = changed(text, lambda content: content["units"].append(content["units"][0]))
    refused = await keeper.say("/directory/dry-run", {"yaml": twice}, 400)
    assert refused["rule"] == "directory-invalid"
    assert f"enhet {WARD} står mer än en gång" in refused["text"]["sv"]
    assert f"unit {WARD} is there more than once" in refused["text"]["en"]
    missing = changed(text, lambda content: [content["units"][0].pop("party"), content["units"][1].update(nmae="x")])
    said = (await keeper.say("/directory/dry-run", {"yaml": missing}, 400))["text"]["sv"]
    assert "units.0.party: den saknas" in said and "units.1.nmae: det finns ingen sådan uppgift" in said
    assert (await keeper.say("/directory/dry-run", {"yaml": "a: [b"}, 400))["rule"] == "directory-invalid"

    def inside(content):
        content["systems"][0]["out"] = {
            "way": "webhook",
            "url": "https://10.0.0.1/x",
            "secrets": ["whsec_" + "QUJD" * 8],
        }

    assert (await keeper.say("/directory/dry-run", {"yaml": changed(text, inside)}, 400))["rule"] == "address-forbidden"


def signed_by(reference):
    """A change: the first system is told by webhook, signed by the secret that the reference leads to."""
    out = {"way": "webhook", "url": "https://a.example/x", "secrets": [reference]}
    return lambda content: content["systems"][0].update(out=out)


async def test_a_secret_comes_beside_the_directory_is_shown_nowhere_and_none_is_looked_up_on_the_hubs_machine(
    hub, keeper, tmp_path, monkeypatch, capfd
):
    secret, of_the_machine = ("whsec_" + part * 8 for part in ("QUJD", "REVG"))
    (tmp_path / "secret").write_text(of_the_machine)
    monkeypatch.setenv("THE_SECRET", of_the_machine)
    before, seen = await in_force(keeper), []

    async def said(path, body, status=200):
        seen.append(await keeper.say(f"/directory/{path}", body, status))
        return seen[-1]

    for reference in ("env:THE_SECRET", f"file:{tmp_path}/secret"):
        refused = await said("dry-run", {"yaml": changed(before, signed_by(reference))}, 400)
        assert (refused["rule"], reference in refused["text"]["sv"]) == ("secret-reference", True)
        assert "öppnar hubben ingen" in refused["text"]["sv"] and "the hub itself opens no" in refused["text"]["en"]
    text = changed(before, signed_by("env:THE_SECRET"))
    given = {"env:THE_SECRET": secret}
    misspelt = await said("dry-run", {"yaml": text, "secrets": given | {"env:THE_SECRT": secret}}, 400)
    assert (misspelt["element"], "env:THE_SECRT" in misspelt["text"]["en"]) == ("/secrets", True)
    for wrong in ({"THE_SECRET": secret}, {"env:THE_SECRET": 7}, {"env:THE_SECRET": "A" * 5_000}):
        assert (await said("dry-run", {"yaml": text, "secrets": wrong}, 400))["element"] == "/secrets"
    unfit = await said("dry-run", {"yaml": text, "secrets": {"env:THE_SECRET": "whsec_AAAA"}}, 400)
    assert "env:THE_SECRET" in unfit["text"]["en"] and "whsec_AAAA" not in str(unfit)
    trial = await said("dry-run", {"yaml": text, "secrets": given})
    other = act(trial, text, secrets={"env:THE_SECRET": of_the_machine})
    assert (await said("apply", other, 409))["rule"] == "another-difference"
    assert (await said("apply", act(trial, text, secrets=given)))["applied"] == 2
    (first, _) = (await directories.current(hub.store))[1].systems[:2]
    assert first.out.secrets == (secret,)
    now = await in_force(keeper)
    assert "env:THE_SECRET" in now and (await said("dry-run", {"yaml": now}))["rows"] == [], "it stays in force"
    back = await said("rollback/dry-run", {"to": 1})
    await said("rollback", {"to": 1, "version": 2, "digest": back["digest"], "reason": "prov"})
    seen += [now, await keeper.ask("/directory/versions/2/difference")]
    async with hub.store.transaction() as connection:
        seen += await operator_log.latest(connection, target=None, limit=10)
    told = str(seen) + "".join(capfd.readouterr())
    assert secret not in told and of_the_machine not in told


async def test_a_version_says_what_it_changed_of_the_one_before_and_the_first_that_all_is_new(hub, keeper):
    text = changed(await in_force(keeper), renamed("Avdelning 99"))
    await keeper.say("/directory/apply", act(await tried(keeper, text), text))
    reader = await signed_in(hub, "lasare")
    first = await reader.ask("/directory/versions/1/difference")
    assert (first["before"], {one["what"] for one in first["rows"]}) == (None, {"new"})
    second = await reader.ask("/directory/versions/2/difference")
    assert (second["before"], second["who"], second["reason"]) == (1, "Kajsa Katalog", "nytt namn")
    assert second["rows"] == (await reader.ask("/directory/versions/1/difference/2"))["rows"]
    in_figures = [[{"what": "changed", "kind": "unit", "count": 1}], counted_in(first["rows"])]
    kept = "SELECT changed FROM directory_version ORDER BY version DESC"
    assert (await rows_of(hub, kept))[0][0] == in_figures[0], "it was counted when it was written"
    await rows_of(
        hub, "UPDATE directory_version SET changed = NULL WHERE version = 1 RETURNING version"
    )  # as before 0042
    for _ in range(2):
        listed = await reader.ask("/directory/versions")
        assert [one["changed"] for one in listed["rows"]] == in_figures
        assert [one["summary"] for one in listed["rows"]] == [second["summary"], first["summary"]]
    assert [row[0] for row in await rows_of(hub, kept)] == in_figures
    assert (await reader.ask("/directory/versions/3/difference", 404))["rule"] == "unknown-version"


async def test_the_console_says_who_made_a_version_why_and_what_it_changed_and_leads_back_from_the_one_in_force(
    hub, keeper
):
    text = changed(await in_force(keeper), renamed("Avdelning 99"))
    await keeper.say("/directory/apply", act(await tried(keeper, text), text))
    client, form = await browser(hub)
    listed = row_of((await client.get("/directory/versions")).text, "/directory/versions/2")
    assert all(one in listed for one in ("Kajsa Katalog", "nytt namn", "1 enhet ändrad"))
    for address in ("/directory/versions/2", "/directory/versions/2?before=1"):
        page = (await client.get(address)).text
        assert all(one in page for one in ("<dd>Kajsa Katalog</dd>", "<dd>nytt namn</dd>", "<dd><time", "Avdelning 99"))
    assert "→" not in page and re.search(
        r"<li>Namn <code class=\"hint\">name</code>: från .+ till Avdelning 99</li>", page
    )
    english = (
        await client.get(
            "/directory/versions/2", headers={"cookie": f"hub-lang=en; hub-session={client.cookies['hub-session']}"}
        )
    ).text
    assert re.search(r"<li>Name <code class=\"hint\">name</code>: from .+ to Avdelning 99</li>", english)
    ward = (await client.get(f"/directory/units/{WARD}")).text
    assert all(one in ward for one in ("Mina planer <code", ">Läkare<", "Ställningstagande: justerar<"))
    of_ward = (await client.get("/systems/ehr")).text
    assert "<li>Läkare<" in of_ward and "Ställningstagande: justerar" in of_ward and "justera<" not in of_ward
    way_back = re.search(r'href="/console(/directory/versions/1)#back">Gå tillbaka till version 1<', page)[1]
    page = (await client.get(way_back)).text
    assert 'id="back"' in page
    seen = {name: re.search(rf'name="{name}" value="(\w+)"', page)[1] for name in ("version", "digest")}
    await client.post(f"{way_back}/rollback", data=form | seen)
    assert (await keeper.ask("/directory/versions/1/difference/3"))["rows"] == []
    assert "1 enhet ändrad" in row_of((await client.get("/directory/versions")).text, "/directory/versions/3")
    await client.aclose()


def counted_in(rows):
    """Entries that differ, in figures."""
    found = Counter((one["what"], one["kind"]) for one in rows)
    return [{"what": what, "kind": kind, "count": count} for (what, kind), count in found.items()]


async def rows_of(hub, statement):
    async with hub.store.transaction() as connection:
        return await (await connection.execute(statement)).fetchall()


def row_of(page, address):
    """The row of a table that leads there."""
    (found,) = [one for one in page.split("<tr>") if f'{address}"' in one]
    return found


async def test_a_credential_is_listed_without_its_value_rotated_and_ended(hub, keeper):
    (before,) = (await keeper.ask("/systems/ehr/credentials"))["rows"]
    made = await keeper.say("/systems/ehr/credentials/rotate", {"kind": "token", "reason": "årligt byte"})
    listed = (await keeper.ask("/systems/ehr/credentials"))["rows"]
    assert len(listed) == 2 and made["value"] not in str(listed)
    assert next(one["who"] for one in listed if one["known_as"] != before["known_as"]) == "Kajsa Katalog"
    ended = await keeper.say(
        "/systems/ehr/credentials/end", {"known_as": before["known_as"], "reason": "den har synts i ett mejl"}
    )
    assert ended == {"kind": "token", "known_as": before["known_as"]}
    (left,) = (await keeper.ask("/systems/ehr/credentials"))["rows"]
    last = {"known_as": left["known_as"], "reason": "prov"}
    assert (await keeper.say("/systems/ehr/credentials/end", last, 409))["rule"] == "last-credential"
    assert (await keeper.say("/systems/nobody/credentials/rotate", {"kind": "token", "reason": "x"}, 404))["rule"]
    reader = await signed_in(hub, "driftansvarig")
    await reader.say("/systems/ehr/credentials/rotate", {"kind": "token", "reason": "x"}, 403)
    await reader.say("/directory/apply", {}, 403)
