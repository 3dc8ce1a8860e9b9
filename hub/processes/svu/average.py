"""The monthly average that regions and municipalities may agree on (lag 2017:612, 4:4 and 4:5). Pure; imports the law's clock, the
agreement and the figures' form only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from hub.processes.engine.month import MonthlyAverage, Share
from hub.processes.svu.law import CaseFacts, History, read
from schemas.agreement import Agreement
from schemas.swedish_time import local_day


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
