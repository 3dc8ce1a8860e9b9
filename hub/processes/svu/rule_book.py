"""What contracts/rules.md says of an SVU beyond its rows and guards. Imports the engine only."""

from __future__ import annotations

from hub.processes.engine.diagram import RuleBook

RULE_BOOK = RuleBook(
    elsewhere={
        "C-52": "`hub.processes.svu.inskrivning.all_but_a_draft`",
        "C-54": "`hub.processes.svu.utskrivning.discharge`: when the case leaves the start list",
        "C-56": "`hub.processes.svu.stallningstagande.REQUIRED`: asked for when a part is marked or adjusted, never when saved",
        "P-22": "`hub.processes.profiles.svu.SvuProfile`: information before consent",
        "V-8": "`hub.processes.svu.inskrivning.admit`: the estimated date makes its step green",
        "V-18": "`hub.processes.svu.law.liability` and `hub.processes.svu.deadlines.deadlines`",
    },
    refuses_nothing={
        "C-52": "a draft is told to nobody",
        "C-56": "what is missing is refused under the rule that requires it (V-4, V-12, V-13, V-14)",
        "V-6": "a kvittens that is not awaited is refused under C-2, and by a role without the responsibility under C-1",
        "V-18": "the clock counts what the other rules accept",
    },
    not_by_message={
        "C-6": "SIP's alone",
        "C-31": "lists and search are asked for, not sent: tests of the views",
        "C-32": "`changed_since` is asked for, not sent: tests of the views",
        "C-34": "tied to no case",
        "C-50": "versions are asked for, not sent: tests of the views",
        "C-53": "a SIP's documents: no profile locks anything in SVU",
        "C-64": "of what test data are made: the world's persons",
    },
    scope=tuple(f"V-{number}" for number in range(1, 19)),
)
