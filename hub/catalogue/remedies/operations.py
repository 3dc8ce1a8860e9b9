"""What is done about the refusals that operations itself meets: at the sign-in, and when it acts. Imports the families only."""

from __future__ import annotations

from typing import Final

from hub.catalogue.remedies.families import OPERATORS
from hub.catalogue.remedy import Remedy

_SIGN_IN: Final = OPERATORS.since(
    "Inloggningen hos inloggningstjänsten blev inte färdig, eller gällde inte den här hubben.",
    "The sign-in at the sign-in service was not completed, or was not for this hub.",
).do(
    "Börja om från hubbens egen inloggning (/console, eller hub sign-in), i samma webbläsare.",
    "Begin anew from the hub's own sign-in (/console, or hub sign-in), in the same browser.",
)
_INSTALLATION: Final = OPERATORS.do(
    "Rätta inställningarna för inloggning (HUB_SIGN_IN__…, se deploy/settings.example.env) och starta om hubben.",
    "Correct the settings of the sign-in (HUB_SIGN_IN__…, see deploy/settings.example.env) and restart the hub.",
)

_MEANWHILE: Final = OPERATORS.since(
    "Någon annan, eller hubben själv, hann före.", "Somebody else, or the hub itself, was first."
).do(
    "Läs listan igen: den visar hur det står nu, och spåret vem som gjorde vad (hub trail).",
    "Read the list again: it shows how things stand, and the trail who did what (hub trail).",
)

OPERATIONS: Final[dict[str, Remedy]] = {
    "no-right": OPERATORS.since(
        "Rollen som du är inloggad i har inte den behörighet som meningen nämner.",
        "The role in which you are signed in does not have the right that the sentence names.",
    ).do(
        "Be en kollega med rollen, eller den som förvaltar inloggningen om rollen.",
        "Ask a colleague who has the role, or whoever keeps the sign-in for the role.",
    ),
    "signed-out": OPERATORS.since(
        "Inloggningen saknas, har gått ut, eller avslutades någon annanstans.",
        "The sign-in is missing, has run out, or was ended elsewhere.",
    ).do("Logga in igen (/console, eller hub sign-in).", "Sign in again (/console, or hub sign-in)."),
    "replayed-already": OPERATORS.since(
        "En annan omsändning har några av samma underrättelser.", "Another replay has some of the same notices."
    ).do(
        "Vänta tills den är klar (hub dead replays), eller ångra den, och prova igen.",
        "Wait until it is done (hub dead replays), or undo it, and make a dry run again.",
    ),
    "glass-closed": OPERATORS.since(
        "Innehåll eller en person begärdes utan nödöppning, eller efter dess trettio minuter.",
        "A body or a person was asked for without a broken glass, or after the thirty minutes.",
    ).do(
        "Nödöppna med ett skäl som nämner ärendet; alla som granskar ser det.",
        "Break the glass with a reason that names the case; all who audit see it.",
    ),
    "logout-token": OPERATORS.since(
        "Inloggningstjänsten sände en utloggning som inte går att pröva, är gammal, eller har sänts förut.",
        "The sign-in service sent a logout that cannot be verified, is old, or has been sent before.",
    ).do(
        "Jämför utfärdare, klient-id och nycklar mellan tjänsten och hubben.",
        "Compare issuer, client id and keys between the service and the hub.",
    ),
    "no-role": OPERATORS.since(
        "Personen är inloggad, men inloggningstjänsten ger ingen av hubbens roller.",
        "The person is signed in, but the sign-in service gives none of the hub's roles.",
    ).do(
        "Låt den som förvaltar inloggningen ge personen en av rollerna som meningen nämner.",
        "Let whoever keeps the sign-in give the person one of the roles that the sentence names.",
    ),
    "no-sign-in": _INSTALLATION.since(
        "Hubben har ingen inloggningstjänst inställd.", "The hub has no sign-in service set."
    ),
    "personal-reason": OPERATORS.since(
        "Skälet ser ut att innehålla ett personnummer.", "The reason seems to hold a person number."
    ).do("Nämn ärendet eller meddelandet med dess id i stället.", "Name the case or the message by its id instead."),
    "provider-away": OPERATORS.since(
        "Inloggningstjänsten svarar inte, eller svarar något annat än den ska.",
        "The sign-in service does not answer, or answers something else than it should.",
    ).do(
        "Vänta och försök igen; varar det, anmäl det till dem som driver inloggningstjänsten.",
        "Wait and try again; if it lasts, report it to those who run the sign-in service.",
    ),
    "reason-missing": OPERATORS.since("Handlingen kom utan skäl.", "The act came without a reason.").do(
        "Ange varför (reason, --reason): det står i spåret.", "Say why (reason, --reason): it stands in the trail."
    ),
    "redirect-uri": _INSTALLATION.since(
        "Adressen som webbläsaren skulle sändas till finns inte bland dem som installationen har angett.",
        "The address to which the browser was to be sent is not among those that the installation has named.",
    ),
    "shown-name": _INSTALLATION.since(
        "Inloggningstjänsten ger inget namn, eller ett som ser ut som ett personnummer.",
        "The sign-in service gives no name, or one that looks like a person number.",
    ),
    "sign-in-awaited": _SIGN_IN.since(
        "Ingen har loggat in i webbläsaren med enhetens kod än.",
        "Nobody has signed in in a browser with the device's code yet.",
    ).do("Logga in på adressen som visas, och vänta.", "Sign in at the address shown, and wait."),
    "sign-in-refused": _SIGN_IN,
    "sign-in-unknown": _SIGN_IN,
    "too-many-guesses": OPERATORS.since(
        "Många felaktiga nycklar har visats från samma håll.", "Many wrong tokens have been shown from the same side."
    ).do(
        "Vänta så länge som Retry-After säger, och logga in igen.",
        "Wait for as long as Retry-After says, and sign in again.",
    ),
    # --- what waits, and what is dead ---
    "no-directory": OPERATORS.since("Ingen katalog har lästs in än.", "No directory has been applied yet.").do(
        "Läs in en på databasen (HUB_DATABASE_URL): hub directory apply FIL.",
        "Apply one on the database (HUB_DATABASE_URL): hub directory apply FILE.",
    ),
    "not-held": _MEANWHILE.since(
        "Meddelandet hålls inte kvar: det har hanterats, avvisats eller är ett annat.",
        "The message is not held: it has been handled, refused, or is another.",
    ),
    "handled-meanwhile": _MEANWHILE,
    "not-editable": OPERATORS.since(
        "Meddelandet är hubbens eget, eller inget som ett system har sänt.",
        "The message is the hub's own, or none that a system has sent.",
    ).do("Släpp eller avvisa det i stället.", "Release or refuse it instead."),
    "not-edited": OPERATORS.since(
        "Rättelsen ändrar meddelandets id, avsändare eller typ, eller ändrar inget.",
        "The edit changes the message's id, sender or type, or changes nothing.",
    ).do("Ändra bara innehållet (data); annars avvisa det.", "Change the content (data) only; else refuse it."),
    "being-tried": _MEANWHILE.since(
        "Hubben hanterar meddelandet just nu.", "The hub is handling the message at this moment."
    ).do("Vänta några sekunder och läs listan igen.", "Wait a few seconds and read the list again."),
    "not-dead": _MEANWHILE.since("Raden är inte död, eller inte längre.", "The row is not dead, or no longer."),
    "unknown": OPERATORS.since(
        "Id:t är felskrivet, är avsändarens egen referens, eller av ett meddelande som aldrig kom fram till hubben.",
        "The id is misspelt, is the sender's own reference, or of a message that never reached the hub.",
    ).do("Sök på det som är känt (system, tid, typ).", "Search by what is known (system, time, type)."),
    "unknown-row": OPERATORS.since("Numret är inget i hubbens utkorg.", "The number is none of the hub's outbox.").do(
        "Ta radens nummer ur listan (hub dead list, hub timeline).",
        "Take the row's number from the list (hub dead list, hub timeline).",
    ),
    "not-waiting": _MEANWHILE.since(
        "Raden väntar inte: den är sänd, död eller överhoppad.", "The row does not wait: it is sent, dead or skipped."
    ),
    "behind-dead": OPERATORS.since(
        "En död underrättelse i samma ärende står före.", "A dead notice of the same case stands before it."
    ).do("Sänd om eller hoppa över den döda först.", "Replay or skip the dead one first."),
    "nothing-waits": _MEANWHILE.since("Det som nämns väntar inte på något.", "What is named waits for nothing."),
    "paused": OPERATORS.since("Systemet är pausat.", "The system is paused.").do(
        "Återuppta det först (hub resume), om orsaken till pausen är borta.",
        "Resume it first (hub resume), if the reason of the pause is gone.",
    ),
    "not-paused": _MEANWHILE.since("Systemet är inte pausat.", "The system is not paused."),
    "both-languages": OPERATORS.since(
        "Texten saknas på ett av språken.", "The text is missing in one of the languages."
    ).do("Skriv den på svenska och engelska.", "Write it in Swedish and English."),
    "pass-forward": OPERATORS.since(
        "Platsen ligger före den där partitionen väntar, eller så väntar den inte.",
        "The place lies before the one where the partition waits, or it does not wait.",
    ).do("Ta platsen ur listan (hub held list).", "Take the place from the list (hub held list)."),
    # --- addressing by hand ---
    "wrong-party": OPERATORS.since(
        "Enheten som valdes är av en part som inte saknas i ärendet, eller två är av samma part.",
        "The unit chosen is of a party that is not missing in the case, or two are of the same party.",
    ).do(
        "Välj en enhet av varje part som kön säger saknas.",
        "Choose one unit of each party that the queue says is missing.",
    ),
    "unit-not-served": OPERATORS.since(
        "Inget system i katalogen betjänar enheten.", "No system of the directory serves the unit."
    ).do(
        "Välj en enhet som är ansluten, eller anslut den först (hub directory apply).",
        "Choose a unit that is connected, or connect it first (hub directory apply).",
    ),
    "another-municipality": OPERATORS.since(
        "Registret angav att personen bor i en kommun, och enheten som valdes är i en annan.",
        "The register said that the person lives in one municipality, and the unit that was chosen is in another.",
    ).do(
        "Välj en enhet i den kommun som registret angav. Har personen flyttat, eller är registret fel: säg att det är meningen (another_municipality).",
        "Choose a unit of the municipality that the register said. If the person has moved, or the register is wrong: say that it is meant (another_municipality).",
    ),
    "addressed-meanwhile": _MEANWHILE.since(
        "Avdelningen, ett register eller en kollega har redan lagt till mottagarna.",
        "The ward, a register or a colleague has added the receivers already.",
    ),
    # --- replays ---
    "replay-filter": OPERATORS.since(
        "Omsändningen säger inte vilka rader, eller motsäger sig.",
        "The replay does not say which rows, or contradicts itself.",
    ).do(
        "Ange rader, eller ett system med svar, ärende, slag eller tid.",
        "Give rows, or a system with an answer, a case, a kind or a time.",
    ),
    "replay-limits": OPERATORS,
    "several-systems": OPERATORS.since("Raderna går till flera system.", "The rows go to several systems.").do(
        "Gör en omsändning för varje system.", "Make one replay for each system."
    ),
    "nothing-to-replay": OPERATORS.since(
        "Inget passar filtret, eller allt är redan i en annan omsändning.",
        "Nothing matches the filter, or all is in another replay already.",
    ).do(
        "Se de döda och omsändningarna (hub dead list --groups, hub dead replays).",
        "See the dead ones and the replays (hub dead list --groups, hub dead replays).",
    ),
    "not-sent": OPERATORS.since(
        "Underrättelsen är inte sänd än, eller dess innehåll är gallrat.",
        "The notice is not sent yet, or its content has been removed.",
    ),
    "unknown-replay": OPERATORS.since("Ingen omsändning har det numret.", "No replay has that number.").do(
        "Se omsändningarna (hub dead replays).", "See the replays (hub dead replays)."
    ),
    "replay-ended": _MEANWHILE.since(
        "Omsändningen är redan klar, stoppad eller ångrad.", "The replay is done, stopped or undone already."
    ),
    # --- the directory ---
    "directory-invalid": OPERATORS.since(
        "En uppgift i katalogen är felskriven, saknas, eller motsäger en annan.",
        "An entry of the directory is misspelt, missing, or contradicts another.",
    ).do(
        "Rätta varje plats som meningen räknar upp, och pröva igen.",
        "Correct each place that the sentence lists, and make a dry run again.",
    ),
    "directory-in-use": OPERATORS.since(
        "Katalogen tar bort en enhet eller ett system som något pågår för, eller lämnar en enhet utan system.",
        "The directory takes away a unit or a system for which something is under way, or leaves a unit without a system.",
    ).do(
        "Se siffrorna. Är det menat: inför med force och en orsak; det som väntar hamnar i den manuella kön.",
        "See the figures. If it is meant: apply with force and a reason; what waits comes into the manual queue.",
    ),
    "directory-changed": _MEANWHILE.since(
        "En kollega har infört en katalog sedan provet.", "A colleague has applied a directory since the dry run."
    ).do(
        "Hämta versionen som är i kraft, gör ändringen i den, och pröva igen.",
        "Fetch the version in force, make the change in it, and make a dry run again.",
    ),
    "another-difference": OPERATORS.since(
        "Filen har ändrats efter provet.", "The file has changed since the dry run."
    ).do("Pröva igen och läs skillnaden.", "Make a dry run again and read the difference."),
    "unknown-version": OPERATORS.since("Ingen version har det numret.", "No version has that number.").do(
        "Se katalogens versioner (hub directory history).", "See the directory's versions (hub directory history)."
    ),
    "secret-reference": OPERATORS.since(
        "Variabeln eller filen finns inte där kommandot körs, eller så kom hemligheten inte med i fältet secrets.",
        "The variable or the file is not where the command runs, or the secret did not come along in the field secrets.",
    ).do(
        "Kör hub directory apply där hemligheten ligger: kommandot slår upp den och sänder den med; eller byt den med rotate.",
        "Run hub directory apply where the secret lies: the command looks it up and sends it along; or rotate it.",
    ),
    "address-forbidden": OPERATORS.since(
        "Adressen är utan TLS, leder inåt, eller går inte att läsa.",
        "The address is without TLS, leads inside, or cannot be read.",
    ).do(
        "Skriv en https-adress; ett eget nät anges i HUB_WEBHOOK_NETWORKS.",
        "Write an https address; a network of your own is named in HUB_WEBHOOK_NETWORKS.",
    ),
    "replay-under-way": OPERATORS.since(
        "En omsändning till systemet pågår.", "A replay to the system is under way."
    ).do(
        "Vänta tills den är klar, eller ångra den (hub dead undo).",
        "Wait until it is done, or undo it (hub dead undo).",
    ),
    "not-counted": OPERATORS.since(
        "Någon annan räknar, eller så är de gamla ärendena för många.",
        "Somebody else is counting, or the old cases are too many.",
    ).do(
        "Fråga igen om en stund, eller kör hub gallring på databasen själv (HUB_DATABASE_URL).",
        "Ask again in a while, or run hub gallring on the database itself (HUB_DATABASE_URL).",
    ),
    # --- credentials ---
    "unknown-credential": OPERATORS.since(
        "Ingen av systemets hemligheter är känd så, eller flera är det.",
        "None of the system's credentials is known so, or several are.",
    ).do(
        "Se vilka hemligheter systemet har (hub directory credentials SYSTEM), och ange fler tecken.",
        "See which secrets the system has (hub directory credentials SYSTEM), and give more characters.",
    ),
    "last-credential": OPERATORS.since(
        "Det är systemets enda av det slaget.", "It is the system's only one of that kind."
    ).do(
        "Byt den i stället (hub directory rotate), med --old-for 0 om den är röjd.",
        "Rotate it instead (hub directory rotate), with --old-for 0 if it is disclosed.",
    ),
}
"""Technical reason → what is done about it."""
