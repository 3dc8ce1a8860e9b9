"""The versions of the directory: what each changed, what another would change and take away, and how it is put in force. Imports the HTTP
edge of operations, the directory and the deliveries' addresses.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from hub import directory_history
from hub.delivery.exits.addresses import Allowed, refuse_forbidden
from hub.directory import Applied, EntryChange, counted, counts, difference, of_text, shown
from hub.directory_change import (
    Change,
    SeenVersion,
    at,
    in_force,
    put_in_force,
    said,
    version_of,
    with_the_one_before,
)
from hub.environment import outward
from hub.operations.reason import given
from hub.routers.cases.question import Asked, body, in_body
from hub.routers.ops.acts import WithReason
from hub.routers.ops.asking import PROBLEMS, READING_A_BODY, CanChangeTheDirectory, CanSee, TheStore
from hub.routers.ops.pages import PageAsked
from hub.store.transaction import Store
from schemas.messages import BilingualText

ROUTES = APIRouter(tags=["directory"], responses=PROBLEMS)
_MOST_BYTES = 64 * 2**20
"""As of a file."""
Version = Annotated[int, Path(ge=1, lt=2**31, description="Its number.")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Reference = Annotated[str, Field(pattern=r"^(env|file):[^\x00-\x1f]{1,1000}$")]
Secrets = Annotated[
    dict[Reference, Annotated[SecretStr, Field(min_length=1, max_length=4_096)]],
    Field(
        default={},
        description="Reference in the directory (`env:NAME`, `file:PATH`) → its secret, which whoever applies the directory has looked up:"
        " the hub opens no variable and no file that a directory names. Kept with the version and never shown.",
        json_schema_extra={"additionalProperties": False},
    ),
]


class DirectoryVersionRow(BaseModel):
    """A version of the directory; `/directory/versions/{version}/difference` says what it changed."""

    version: int
    at: datetime
    who: str | None = Field(description="Null where a program wrote it.")
    reason: str | None


class CountedChange(BaseModel):
    """How many entries of a kind are new, gone or changed."""

    model_config = ConfigDict(from_attributes=True)

    what: Literal["new", "gone", "changed"]
    kind: str
    count: int


class ListedVersionRow(DirectoryVersionRow):
    """A version, and how much it changed of the one before."""

    summary: str = Field(description="As `2 units new, 1 system changed`; empty where nothing differs.")
    changed: list[CountedChange]


class DirectoryVersions(BaseModel):
    """A page of versions, the newest first."""

    rows: list[ListedVersionRow]
    next: str | None


@ROUTES.get(
    "/directory/versions", summary="The versions of the directory, the newest first: when, by whom, why, how much"
)
async def versions(_: CanSee, store: TheStore, asked: Annotated[PageAsked, Query()]) -> DirectoryVersions:
    found = await directory_history.listed(store, asked.before, asked.limit + 1)
    page, following = asked.cut(found, "version")
    rows = [
        ListedVersionRow(
            version=one.version,
            at=one.at,
            who=one.who,
            reason=one.reason,
            summary=counted(one.changed),
            changed=[CountedChange.model_validate(each) for each in one.changed],
        )
        for one in page
    ]
    return DirectoryVersions(rows=rows, next=following)


class WholeVersion(DirectoryVersionRow):
    """A version as YAML, which a dry run takes."""

    yaml: str = Field(description="Tokens as hashes, secrets as references.")


@ROUTES.get("/directory/versions/{version}", summary="A version as YAML: tokens as hashes, secrets as references")
async def version_as_yaml(_: CanChangeTheDirectory, store: TheStore, version: Version) -> WholeVersion:
    async with store.transaction() as connection:
        found = await version_of(connection, version)
    text = await asyncio.to_thread(shown, Applied(found.directory, found.sources))
    return WholeVersion(version=found.version, at=found.at, who=found.who, reason=found.reason, yaml=text)


class ChangedField(BaseModel):
    """A field that is different; of a secret only that it is."""

    path: str
    text: BilingualText = Field(description="What stood there and what stands there now.")


class ChangedEntry(BaseModel):
    """An entry that is new, gone or changed."""

    what: Literal["new", "gone", "changed"]
    kind: str
    id: str
    fields: list[ChangedField]


class VersionDifference(BaseModel):
    """What differs between two versions."""

    before: int
    after: int
    summary: str = Field(description="As `2 units new, 1 system changed`; empty where nothing differs.")
    rows: list[ChangedEntry]


class VersionChange(DirectoryVersionRow):
    """A version and what it changed."""

    before: int | None = Field(description="The version before it; null of the first.")
    summary: str
    rows: list[ChangedEntry]


def _rows(found: list[EntryChange]) -> list[ChangedEntry]:
    return [
        ChangedEntry(
            what=one.what,
            kind=one.kind,
            id=one.id,
            fields=[ChangedField(path=field.path, text=field.text) for field in one.fields],
        )
        for one in found
    ]


@ROUTES.get(
    "/directory/versions/{before}/difference/{after}", summary="What differs between two versions, by entry and field"
)
async def between(_: CanSee, store: TheStore, before: Version, after: Version) -> VersionDifference:
    async with store.transaction() as connection:
        first, second = await version_of(connection, before), await version_of(connection, after)
    found = await asyncio.to_thread(difference, first.directory, second.directory)
    return VersionDifference(before=before, after=after, summary=counted(counts(found)), rows=_rows(found))


@ROUTES.get(
    "/directory/versions/{version}/difference", summary="What a version changed of the one before, by entry and field"
)
async def of_version(_: CanSee, store: TheStore, version: Version) -> VersionChange:
    async with store.transaction() as connection:
        its, *former = await with_the_one_before(connection, version)
    before = former[0] if former else None
    found = await asyncio.to_thread(difference, None if before is None else before.directory, its.directory)
    return VersionChange(
        version=its.version,
        at=its.at,
        who=its.who,
        reason=its.reason,
        before=None if before is None else before.version,
        summary=counted(counts(found)),
        rows=_rows(found),
    )


# --- trying and applying --------------------------------------------------------------------------------------------------


class TakenAway(BaseModel):
    """A unit or a system that would be taken away, or left without a system, and what is under way for it."""

    kind: Literal["unit", "system"]
    id: str
    text: BilingualText
    cases: int = Field(description="Open cases.")
    notices: int = Field(description="Rows that are not sent.")
    held: int
    lookups: int


class DirectoryTrial(BaseModel):
    """What applying would do, or has done."""

    version: int = Field(description="The version in force with which it is compared; 0 where there is none.")
    digest: str = Field(description="Of that version and this directory: apply with both.")
    summary: str
    rows: list[ChangedEntry]
    taken: list[TakenAway] = Field(description="Wants `force`.")
    applied: int | None = Field(description="The new version; null of a dry run, and where nothing differs.")


class WrittenDirectory(Asked):
    """A directory."""

    yaml: str = Field(description="As `/directory/versions/{version}` has it.", max_length=_MOST_BYTES)
    secrets: Secrets

    def read(self, in_force: Applied | None) -> Applied:
        """The directory. Raises ``Refused`` that names every faulty entry."""
        given = {one: secret.get_secret_value() for one, secret in self.secrets.items()}
        return of_text(self.yaml.encode(), in_force, given)


class ToApply(WrittenDirectory, WithReason):
    """A directory that is to be in force, and what was seen of it by a dry run."""

    version: int = Field(ge=0, lt=2**31, description="The version in force, as the dry run said.")
    digest: Digest
    force: bool = Field(default=False, description="Although it takes away what is in use.")


class ToRollBack(WithReason):
    """A former version that is to be in force again."""

    to: int = Field(ge=1, lt=2**31, description="Its number.")
    version: int = Field(ge=1, lt=2**31, description="The version in force, as the dry run said.")
    digest: Digest
    force: bool = False


class RollbackTried(Asked):
    """A former version."""

    to: int = Field(ge=1, lt=2**31)


async def _read(store: Store, written: WrittenDirectory) -> Applied:
    current = await in_force(store)
    return await asyncio.to_thread(written.read, None if current is None else current[1])


async def _put(
    store: Store, wanted: Applied, what: str, who: str, reason: str, *, force: bool = False, seen: SeenVersion | None
) -> DirectoryTrial:
    may = outward()
    refuse_forbidden(wanted.directory, Allowed(may.plain, may.networks))
    done = await put_in_force(
        store, wanted, what=what, who=who, reason=reason, force=force, dry_run=seen is None, seen=seen
    )
    return _told(done)


def _told(done: Change) -> DirectoryTrial:
    return DirectoryTrial(
        version=done.of,
        digest=done.digest,
        summary=counted(counts(done.entries)),
        rows=_rows(done.entries),
        taken=[
            TakenAway(
                kind=taken.kind,
                id=taken.id,
                text=said(taken, under_way),
                cases=under_way.cases,
                notices=under_way.notices,
                held=under_way.held,
                lookups=under_way.lookups,
            )
            for taken, under_way in done.taken
        ],
        applied=done.version,
    )


@ROUTES.post(
    "/directory/dry-run",
    summary="What a directory would change and take away, in figures; changes nothing",
    responses=READING_A_BODY,
    openapi_extra=body(WrittenDirectory),
)
async def dry_run(
    operator: CanChangeTheDirectory,
    store: TheStore,
    wanted: Annotated[WrittenDirectory, Depends(in_body(WrittenDirectory, _MOST_BYTES))],
) -> DirectoryTrial:
    return await _put(store, await _read(store, wanted), "apply", operator.who, "", seen=None)


@ROUTES.post(
    "/directory/apply",
    summary="Puts a directory in force that was tried before; refused where somebody else has applied one since",
    responses=READING_A_BODY,
    openapi_extra=body(ToApply),
)
async def apply(
    operator: CanChangeTheDirectory, store: TheStore, act: Annotated[ToApply, Depends(in_body(ToApply, _MOST_BYTES))]
) -> DirectoryTrial:
    reason, seen = given(act.reason), SeenVersion(act.version, act.digest)
    wanted = await _read(store, act)
    return await _put(store, wanted, "apply", operator.who, reason, force=act.force, seen=seen)


@ROUTES.post(
    "/directory/rollback/dry-run",
    summary="What going back to a version would change and take away, in figures; changes nothing",
    responses=READING_A_BODY,
    openapi_extra=body(RollbackTried),
)
async def rollback_dry_run(
    operator: CanChangeTheDirectory, store: TheStore, wanted: Annotated[RollbackTried, Depends(in_body(RollbackTried))]
) -> DirectoryTrial:
    return await _put(store, await at(store, wanted.to), "rollback", operator.who, "", seen=None)


@ROUTES.post(
    "/directory/rollback",
    summary="Puts a former version in force again, as a new version, with the secrets that were in force then",
    responses=READING_A_BODY,
    openapi_extra=body(ToRollBack),
)
async def rollback(
    operator: CanChangeTheDirectory, store: TheStore, act: Annotated[ToRollBack, Depends(in_body(ToRollBack))]
) -> DirectoryTrial:
    reason, seen = given(act.reason), SeenVersion(act.version, act.digest)
    return await _put(store, await at(store, act.to), "rollback", operator.who, reason, force=act.force, seen=seen)
