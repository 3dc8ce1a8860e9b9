"""The rule and the sentences of each fault that an edit of the plan may have (E-1 to E-6, P-9, LC-1, LC-5, LC-6). Imports the engine
and the walk only.
"""

from __future__ import annotations

from hub.processes.engine.rule import Context, Fault, Guard
from hub.processes.sip.edits import walk


def _fault(code: str, rule: str, sv: str, en: str) -> Guard:
    def no_such_fault(s: Context) -> bool | Fault:
        found = walk(s).fault
        if found is None or found.code != code:
            return True
        s.warnings.extend(found.warnings)
        return Fault(found.place, **found.words)

    return Guard(code, rule, no_such_fault, sv, en, "/data/edits")


EDIT_FAULTS = (
    _fault(
        "no_such_kind",
        "P-9",
        "Planen har inga element av det slaget i ärendets region. Slagen är: {codes}.",
        "The plan has no elements of that kind in the region of the case. The kinds are: {codes}.",
    ),
    _fault(
        "no_such_field",
        "P-9",
        "Elementet har inget sådant fält i ärendets region, eller dess mall är inte angiven. Fälten är: {codes}.",
        "The element has no such field in the region of the case, or its template is not given. The fields are: {codes}.",
    ),
    _fault(
        "unknown_code",
        "P-9",
        "Koden finns inte i regionens lista. Koderna är: {codes}.",
        "The code is not in the region's list. The codes are: {codes}.",
    ),
    _fault(
        "required",
        "P-9",
        "Fältet krävs i ärendets region. Fyll i det.",
        "The region of the case requires the field. Fill it in.",
    ),
    _fault(
        "no_keyword",
        "P-9",
        "Anteckningen saknar text: skriv minst ett av mallens sökord: {codes}.",
        "The note has no text: write at least one of the template's keywords: {codes}.",
    ),
    _fault(
        "no_such_parent",
        "P-9",
        "Ange i under adressen till ett element som finns i planen, av det slag som elementet hör under.",
        "Give in under the address of an element that is in the plan, of the kind to which the element belongs.",
    ),
    _fault(
        "responsible_takes_no_part",
        "P-9",
        "Den ansvariga enheten deltar inte i ärendet, eller har inte tackat ja.",
        "The responsible unit takes no part in the case, or has not accepted.",
    ),
    _fault(
        "responsible_is_a_unit",
        "P-9",
        "I ärendets region ansvarar en deltagande enhet. Ange unit.",
        "In the region of the case a participating unit is responsible. Give unit.",
    ),
    _fault(
        "no_such_outsider",
        "P-9",
        "Den ansvariga finns inte bland de närstående. Lägg till namnet med narstaende först.",
        "The one responsible is not among the outsiders. Add the name by narstaende first.",
    ),
    _fault(
        "the_person_objects",
        "C-15",
        "Personen vill inte att den närstående deltar (narstaende). Ange någon annan.",
        "The person does not want the relative to take part (narstaende). Name somebody else.",
    ),
    _fault(
        "no_such_participant",
        "P-9",
        "Ange adressen till en deltagare i planen: deltagare/<id>.",
        "Give the address of a participant in the plan: deltagare/<id>.",
    ),
    _fault(
        "end_says_no_more",
        "E-2",
        "Att avsluta eller ta bort ett element ändrar inga fält: utelämna set.",
        "To end or remove an element changes no fields: leave out set.",
    ),
    _fault(
        "nothing_changes",
        "E-2",
        "Ändringen säger inget: ange set eller under.",
        "The edit says nothing: give set or under.",
    ),
    _fault(
        "used_before",
        "E-1",
        "Adressen har använts i ärendet. Ge elementet ett nytt id, helst ett UUID.",
        "The address has been used in the case. Give the element a new id, best a UUID.",
    ),
    _fault(
        "id_is_a_number",
        "E-1",
        "Id:t liknar ett personnummer. Ge elementet ett annat id, helst ett UUID.",
        "The id looks like a person number. Give the element another id, best a UUID.",
    ),
    _fault(
        "not_there",
        "E-3",
        "Elementet finns inte i den gällande versionen av planen, eller är avslutat eller borttaget.",
        "The element is not in the plan's current version, or has ended or been removed.",
    ),
    _fault(
        "version_missing",
        "E-3",
        "Ange version: den version av elementet som ändringen skrevs på.",
        "Give version: the version of the element that the edit was written on.",
    ),
    _fault(
        "written_later",
        "E-3",
        "Elementet har skrivits sedan det lästes: version {stands} gäller. Läs orden som står (warnings) och sänd igen.",
        "The element was written since it was read: version {stands} stands. Read what stands (warnings), and send again.",
    ),
    _fault(
        "not_ended_here",
        "E-4",
        "I ärendets region avslutas inga element i planen, eller inte detta. Ta bort det med borttagen.",
        "The region of the case ends no elements of the plan, or not this one. Remove it by borttagen.",
    ),
    _fault(
        "plan_stays",
        "E-4",
        "Planens egna fält tas inte bort. Töm dem med null.",
        "The plan's own fields are not removed. Empty them by null.",
    ),
    _fault(
        "signed_stays",
        "E-4",
        "En signerad anteckning ändras inte och tas inte bort. Skriv en ny.",
        "A signed note is not changed and not removed. Write a new one.",
    ),
    _fault(
        "shared_is_ended",
        "E-4",
        "En delad insats tas inte bort. Avsluta den med avslutad.",
        "A shared insats is not removed. End it by avslutad.",
    ),
    _fault(
        "others_wrote_there",
        "E-4",
        "Andra enheter har skrivit där (warnings). Sänd med confirmed true.",
        "Other units have written there (warnings). Send it with confirmed true.",
    ),
    _fault(
        "too_much",
        "E-5",
        "Planen rymmer högst 500 element och 500 kB text. Ta bort eller korta.",
        "The plan holds at most 500 elements and 500 kB of text. Remove or shorten.",
    ),
    _fault(
        "coordinators_own",
        "E-6",
        "Planens egna fält och måluppfyllelsen skrivs av samordningsansvarig i egen person.",
        "The plan's own fields and the attainment are written by the coordinator in person.",
    ),
    _fault(
        "authors_own",
        "E-6",
        "Elementet skrivs av den enhet som lade till det, eller av samordningsansvarig.",
        "The element is written by the unit that added it, or by the coordinator.",
    ),
    _fault(
        "main_goal_first",
        "LC-1",
        "Huvudmålet saknas: samordningsansvarig skriver det först.",
        "The main goal is missing: the coordinator writes it first.",
    ),
    _fault(
        "others_go_on",
        "LC-5",
        "Andra aktörer har pågående insatser under delmålet (warnings). Sänd med confirmed true.",
        "Other actors have ongoing insatser under the sub-goal (warnings). Send it with confirmed true.",
    ),
    _fault(
        "shared_by_a_message",
        "LC-6",
        "En insats delas med sip.delning, och delningen tas inte tillbaka.",
        "An insats is shared by sip.delning, and the sharing is not undone.",
    ),
    _fault(
        "mixed_sharing",
        "LC-6",
        "Insatser som inte är delade sänds för sig: ett meddelande har antingen bara insatser som inte är delade, eller ingen sådan.",
        "Insatser that are not shared are sent by themselves: a message has either such insatser alone, or none.",
    ),
)
"""The checks of ``sip.plan``, one per fault."""
