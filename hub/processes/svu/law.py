"""The law's clock (lag 2017:612, chapters 4 and 5): who is liable for a person who is utskrivningsklar, from which day,
and if not, for want of what. Pure; imports the agreement only.

A day is a calendar day in Europe/Stockholm, and counts when at its end the person is still in the ward, still
utskrivningsklar, and every condition holds: the day of leaving or of withdrawal does not count, the day on which the
last condition was met does. So days are always the difference of two dates, whatever the clocks do at night.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from schemas.agreement import Agreement
from schemas.swedish_time import STOCKHOLM, local_day

History = Iterable[Iterable[Sequence[Any]]]
"""One list of events ``[name, facts]`` per accepted message, in sequence order (case.py)."""
FOLKBOKFORING = "folkbokforing"

CONDITIONS = (
    "arendet_makulerat",
    "arendet_avvisat",
    "personen_avliden",
    "inskrivningsmeddelande",
    "utskrivningsklar",
    "samtycke",
    "kallelse_till_sip",
    "oppenvardens_insatser",
    "utskriven_fore_start",
)
"""Every name that ``Liability.unmet`` may hold, in its order.

``arendet_makulerat`` (V-5), ``arendet_avvisat`` (C-62, C-63), ``personen_avliden`` (C-63): there is no case, or nobody in
care. ``inskrivningsmeddelande``, ``utskrivningsklar``: the notice is missing (5:3; 2:1-2:3, 3:1). ``kallelse_till_sip``:
a SIP is due and not called (5:3, 4:3); ``samtycke``: whether it is hangs on a consent that is not registered, or was
withdrawn (4:2). ``oppenvardens_insatser``: measures of outpatient care are missing or unclear (5:5), that is, no fast
vardkontakt is named (our settling). ``utskriven_fore_start``: the person left before the first liable day (5:4).

Consent *refused* asks for no call: no SIP can be due (4:2). An inskrivningsmeddelande later than 24 h is no condition:
2:3 counts the hours from the admission *or* from a later judgement that needs may arise, which no message tells, so the
hub cannot know that the notice of 5:3 was late; ``Liability.doubts`` names it for the parties to settle.
"""
DOUBTS = ("inskrivningsmeddelande_i_tid",)
"""Every name that ``Liability.doubts`` may hold."""


@dataclass(frozen=True, slots=True)
class KlarPeriod:
    """One utskrivningsklar, from its notice until it was withdrawn or moved (V-10)."""

    since: datetime
    """When the notice was sent (5:4)."""
    date: date
    """The day from which the person is utskrivningsklar, as the physician judged (1:3)."""
    ended: datetime | None = None
    """When it was withdrawn, or a new notice took its place; None while it stands, also after the discharge."""
    days: int = 0
    """Liable days in it."""


@dataclass(frozen=True, slots=True)
class Liability:
    """What the law says of one case. ``starts`` is None exactly when ``unmet`` is not empty."""

    starts: date | None
    """The first day of the liability that runs, or will; after an interruption, of the new run."""
    unmet: tuple[str, ...]
    """``CONDITIONS`` not met, now or when the person left."""
    municipality: str | None
    """Who is liable (5:2): that of folkbokforing, unless another was stated; None while nobody has said."""
    stated_by: str | None
    """Who says so: ``folkbokforing``, or whoever stated the placement."""
    days: int
    """Liable days in all periods, until the discharge or ``today``."""
    since: datetime | None
    """The notice from which it is counted (5:4); None when none stands."""
    klar: tuple[KlarPeriod, ...]
    """Every utskrivningsklar, in order: a series, never one field."""
    doubts: tuple[str, ...] = ()


def liability(history: History, agreement: Agreement, today: date, times: Sequence[datetime] = ()) -> Liability:
    """The liability in a case, seen on a day; a pure function of its history.

    ``today`` is not over, so it does not count itself. ``times`` is when the hub took each message in, one per list of
    ``history``; where it and an ``at`` among the facts are missing, the message counts as of the one before. An undone
    discharge counts as never sent (V-17), and in a revoked case nobody was ever liable (V-5). ``count_day_0`` and the average are those of
    ``monthly_average``: this is the law's own reckoning per case (5:4) under any agreement.
    """
    told = read(history, agreement, times)
    end = today if told.left is None else min(today, told.left)
    days = [0] * len(told.klar)
    standing, unmet = told.held
    starts: date | None = None
    previous: _Span | None = None
    for span in told.spans():
        if span.period is None or span.unmet:
            starts = None
        else:
            first = max(span.first, _first_day(told.klar[span.period], agreement))
            days[span.period] += max(0, (min(span.until, end) - first).days)
            runs_on = previous is not None and not previous.unmet and previous.period == span.period
            starts = starts if runs_on and starts is not None else first
        previous = span
    if starts is not None and told.left is not None and told.left < starts:
        starts, unmet = None, (*unmet, "utskriven_fore_start")
    if told.void:
        days = [0] * len(days)
    place = told.placement or told.registered
    return Liability(
        starts=None if unmet else starts,
        unmet=unmet,
        municipality=place[0] if place else None,
        stated_by=place[1] if place else None,
        days=sum(days),
        since=None if standing is None else told.klar[standing].since,
        klar=tuple(replace(period, days=each) for period, each in zip(told.klar, days, strict=True)),
        doubts=_doubts(told, agreement),
    )


def _first_day(period: KlarPeriod, agreement: Agreement) -> date:
    """5:4: three calendar days after the notice, four when it was sent after 12.00 local time; nobody is liable for a
    person who is not yet utskrivningsklar (5:1), so a notice sent ahead starts nothing before its own date.
    """
    sent = period.since.astimezone(STOCKHOLM)
    late = sent.time() > agreement.cutoff
    return max(_plus(sent.date(), agreement.late_start_days if late else agreement.start_days), period.date)


def _plus(day: date, days: int) -> date:
    return date.fromordinal(min(day.toordinal() + days, date.max.toordinal()))


def _doubts(told: CaseFacts, agreement: Agreement) -> tuple[str, ...]:
    limit = timedelta(hours=agreement.admission_notice_hours)
    late = told.given is not None and told.admitted is not None and told.given - told.admitted > limit
    return DOUBTS if late else ()


# --- what the history says --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Span:
    """Days at whose end the same held: ``first`` and on, ``until`` not included."""

    first: date
    until: date
    period: int | None
    unmet: tuple[str, ...]


@dataclass(slots=True)
class CaseFacts:
    """What is known so far; ``after`` takes in one event, in any order, and never fails."""

    klar: list[KlarPeriod] = field(default_factory=list)
    period: int | None = None
    published: bool = False
    given: datetime | None = None
    admitted: datetime | None = None
    samtycke: str | None = None
    position: str | None = None
    called: bool = False
    contacts: set[tuple[str, str]] = field(default_factory=set)
    deceased: bool = False
    revoked: bool = False
    refused: bool = False
    left: date | None = None
    registered: tuple[str, str] | None = None
    placement: tuple[str, str] | None = None
    held: tuple[int | None, tuple[str, ...]] = (None, ())
    """Which period stands and what is unmet: now, or when the person left."""
    changes: dict[date, tuple[int | None, tuple[str, ...]]] = field(default_factory=dict)
    """Day → what held at its end, for the days on which something may have changed."""

    @property
    def void(self) -> bool:
        return self.revoked or self.refused

    def look(self, day: date, agreement: Agreement) -> None:
        """Notes what holds after a message. When the person has left, only a case that is revoked or refused changes it."""
        if self.left is None or self.void:
            self.held = self.changes[day] = (self.period, self.unmet(agreement))

    def unmet(self, agreement: Agreement) -> tuple[str, ...]:
        """What is missing; ``CONDITIONS`` says why each is one."""
        due = self.position in agreement.sip_positions and self.samtycke != "refused" and not self.called
        missing = {
            "arendet_makulerat": self.revoked,
            "arendet_avvisat": self.refused,
            "personen_avliden": self.deceased,
            "inskrivningsmeddelande": not self.published,
            "utskrivningsklar": self.period is None,
            "samtycke": due and self.samtycke is None,
            "kallelse_till_sip": due,
            "oppenvardens_insatser": not self.contacts,
        }
        return tuple(name for name in CONDITIONS if missing.get(name))

    def end(self, at: datetime) -> None:
        """The period that stands is over."""
        if self.period is not None:
            self.klar[self.period] = replace(self.klar[self.period], ended=at)
            self.period = None

    def spans(self) -> Iterator[_Span]:
        """The days from the first change and on, in order."""
        days = [*self.changes, date.max]
        for (first, until), held in zip(pairwise(days), self.changes.values(), strict=True):
            yield _Span(first, until, *held)

    def after(self, name: str, facts: Mapping[str, Any], at: datetime) -> None:
        """One event; those that the clock does not look at change nothing."""
        match name:
            case "klar":
                self.end(at)
                self.period = len(self.klar)
                self.klar.append(KlarPeriod(at, date.fromisoformat(facts["date"])))
            case "klar_ended":
                self.end(at)
            case "published":
                self.published, self.given = True, self.given or at
            case "admitted":
                self.admitted = datetime.fromisoformat(facts["at"])
            case "consented":
                self.samtycke = facts["outcome"]
            case "withdrawn" | "blocked":
                self.samtycke = None
            case "positioned":
                self.position = facts["code"]
            case "sip_called":
                self.called = True
            case "sip_call_recalled":
                self.called = False
            case "vardkontakt":
                change = self.contacts.discard if facts["change"] == "borttagen" else self.contacts.add
                change((facts["person"], facts["unit"]))
            case "discharged":
                self.left = date.fromisoformat(facts["date"])
            case "discharge_undone":
                self.left = None
            case "died":
                self.deceased = True
            case "revoked":
                self.revoked = True
            case "turned_away":
                self.refused = True
            case "folkbokford":
                self.registered = facts["municipality"], FOLKBOKFORING
            case "placed":
                self.placement = facts["municipality"], facts["stated_by"]


_NEVER = datetime(1, 1, 2, tzinfo=UTC)


def read(history: History, agreement: Agreement, times: Sequence[datetime]) -> CaseFacts:
    """All that was told; a clock that goes back (a restart on another machine) moves no day back."""
    told, last = CaseFacts(), _NEVER
    told.held = (None, told.unmet(agreement))
    for number, events in enumerate(history):
        own = [facts["at"] for name, facts in events if "at" in facts and name != "admitted"]
        at = datetime.fromisoformat(own[0]) if own else times[number] if number < len(times) else last
        last = max(last, at)
        for name, facts in events:
            told.after(name, facts, last)
        told.look(local_day(last), agreement)
    return told
