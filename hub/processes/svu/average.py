"""The monthly average that regions and municipalities may agree on (lag 2017:612, 4:4 and 4:5). Pure; imports the law's clock and
the agreement only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from hub.processes.svu.law import CaseFacts, History, read
from schemas.agreement import Agreement
from schemas.swedish_time import local_day


@dataclass(frozen=True, slots=True)
class Share:
    """A municipality's cases of a month, or all of them."""

    cases: int
    days: int
    """Days after utskrivningsklar in them, day 0 counted where the agreement says so."""
    average: float
    """Days per case; 0 without cases."""
    exceeded: bool
    """Strictly above the agreed average."""
    owed: int | None
    """Whole kr for the days above the average; None when they are owed and the year's amount is not configured."""


@dataclass(frozen=True, slots=True)
class MonthlyAverage:
    """What a month's discharges come to under an agreement of 4:4 and 4:5."""

    all: Share
    """All cases together; owed is the sum of what the municipalities owe, each by its own average."""
    municipalities: dict[str | None, Share]
    """Kommunkod → its share; None for cases of which nobody has said whose they are."""


def monthly_average(cases: Iterable[History], year: int, month: int, agreement: Agreement) -> MonthlyAverage:
    """The average of the days after utskrivningsklar in the cases whose person left in a calendar month.

    A case counts once, in the month in which the person left, with the days of all its periods at whose end the conditions
    of 5:3 and 5:5 held; one that was void, or in which they never held, is left out, so that it does not dilute the
    average. The notice's hour plays no part. A municipality owes for its days above its own average.
    """
    counted: dict[str | None, list[int]] = {}
    for history in cases:
        told = read(history, agreement, ())
        if told.left is None or (told.left.year, told.left.month) != (year, month) or told.void:
            continue
        days = _days_after(told, told.left, agreement)
        if days is not None:
            place = told.placement or told.registered
            counted.setdefault(place[0] if place else None, []).append(days)
    amount = agreement.amounts.get(year)
    shares = {place: _share(days, amount, agreement) for place, days in counted.items()}
    whole = _share([each for days in counted.values() for each in days], amount, agreement)
    owed = [share.owed for share in shares.values()]
    total = None if None in owed else sum(each or 0 for each in owed)
    return MonthlyAverage(replace(whole, owed=total), shares)


def _days_after(told: CaseFacts, left: date, agreement: Agreement) -> int | None:
    """Days after klar until the person left, each calendar day once; None when no day met the conditions."""
    days: set[date] = set()
    met = False
    for span in told.spans():
        if span.period is None or span.unmet:
            continue
        period = told.klar[span.period]
        day_0 = max(local_day(period.since), period.date)
        first, end = max(span.first, day_0), min(span.until, left)
        if day_0 > left:
            continue
        met = True
        days.update(date.fromordinal(each + 1) for each in range(first.toordinal(), end.toordinal()))
        if agreement.count_day_0:
            days.add(day_0)
    return len(days) if met else None


def _share(days: list[int], amount: int | None, agreement: Agreement) -> Share:
    over = sum(days) - agreement.average_days * len(days)
    owed = 0 if over <= 0 else None if amount is None else round(over * amount)
    return Share(len(days), sum(days), sum(days) / len(days) if days else 0.0, over > 0, owed)


def month_lines(
    cases: Iterable[History], year: int, month: int, agreement: Agreement, names: Mapping[str, str]
) -> Iterator[str]:
    """The month's averages in words, for operations: a heading, a line per municipality, and all of them last. ``names``:
    kommunkod → the municipality's name.
    """
    found = monthly_average(cases, year, month, agreement)
    yield f"{'MUNICIPALITY':34} {'CASES':>6} {'DAYS':>7} {'AVERAGE':>8}  {'':10} {'OWED':>15}"
    for code, share in sorted(found.municipalities.items(), key=lambda each: each[0] or "~"):
        yield _line(f"{code} {names.get(code, '')}".rstrip() if code else "unknown", share, agreement)
    yield _line("all", found.all, agreement)
    if None in found.municipalities:
        yield "unknown: nobody has said where the person is registered or placed, so no municipality owes for these cases yet"
    if found.all.owed is None:
        yield f"amount not set: the directory has no amount for {year} (agreement: amounts)"


def _line(name: str, share: Share, agreement: Agreement) -> str:
    owed = "amount not set" if share.owed is None else f"{share.owed} kr"
    above = f"above {agreement.average_days:g}" if share.exceeded else ""
    return f"{name[:34]:34} {share.cases:6} {share.days:7} {share.average:8.2f}  {above:10} {owed:>15}"
