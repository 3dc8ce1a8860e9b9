"""What contracts/rules.md says of a SIP beyond its rows and guards. Imports the engine only."""

from __future__ import annotations

from hub.processes.engine.diagram import RuleBook

_CHAPTER = {"S": 14, "P": 22, "E": 9, "PR": 13, "SA": 9, "LC": 10, "CL": 5}
"""Family of rules → how many there are (processes.md §3, §4; sip-messages.md §4)."""

RULE_BOOK = RuleBook(
    elsewhere={
        "S-8": "`hub.processes.sip.copied`: what a call brings into the plan",
        "S-14": "`hub.processes.sip.approval.become_active`: when an active SIP leaves the start list",
        "C-6": "`hub.processes.sip.audience.a_ward_of_the_region`: a ward of the region acts without taking part",
        "C-52": "`hub.processes.sip.audience.keep`: what is saved is its unit's alone",
        "C-54": "`hub.processes.sip.approval.become_active`, `hub.processes.sip.end.end`: when the case leaves the start list",
        "C-56": "`hub.processes.sip.fields.cells`: asked for when a message is sent, never when it is saved",
        "E-7": "`hub.processes.sip.events`: a version is archived, the next begins",
        "LC-7": "`hub.processes.sip.edits`: who is responsible for an insats, and who writes it",
        "LC-8": "`hub.processes.sip.kallelse.call`: nothing is asked of who takes part",
        "LC-9": "`hub.processes.sip.meeting_rows`: whom the person objects to is on no list",
        "LC-10": "`hub.processes.sip.lage`: what has ended stays in the plan, marked",
        "CL-3": "`hub.processes.sip.kallelse.call`: a warning of the sent call",
        "CL-5": "`hub.processes.sip.end` and `hub.processes.sip.makulering`",
        "P-19": "`hub.processes.sip.reminders.reminders`: of which code a unit is reminded after a held meeting",
        "P-20": "`hub.intake.notices.notices`: every unit that may know is told",
    },
    refuses_nothing={
        "S-3": "it says who is added, and who is told",
        "S-7": "what the assessment does not hold is refused under P-5",
        "S-8": "what the plan does not hold is refused under P-9",
        "S-12": "an end without the reason that the region asks for is refused under P-14",
        "S-14": "it moves the case between lists",
        "C-6": "a ward that it does not let act is refused under C-4",
        "E-7": "what begins no new version is refused under P-11 or S-11",
        "E-8": "it says what a unit that comes in is told",
        "LC-7": "who writes for others than its own unit is refused under E-6, who is not listed under P-9",
        "LC-8": "it allows",
        "LC-9": "a row against the person's will is refused under C-15",
        "LC-10": "it says what is shown",
        "CL-3": "it warns",
        "CL-5": "each of the three is refused under its own rule, P-14 or S-13",
        "P-3": "a kvittens that is not awaited is refused under C-2",
        "P-16": "a death is always told",
        "P-19": "it says of what a unit is reminded",
        "P-20": "it says how a unit learns of news",
    },
    not_by_message={
        "C-31": "lists and search are asked for, not sent: tests of the views",
        "C-32": "`changed_since` is asked for, not sent: tests of the views",
        "C-34": "tied to no case",
        "C-50": "versions are asked for, not sent: tests of the views",
        "C-64": "of what test data are made: the world's persons",
    },
    scope=tuple(f"{family}-{number}" for family, last in _CHAPTER.items() for number in range(1, last + 1)),
)
