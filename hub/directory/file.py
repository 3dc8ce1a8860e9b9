"""Reads and checks the directory as a file, and shows it as one. Imports the language, its sentences and YAML only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from hub import yaml_text
from hub.directory.looked_up import NotThere, looked_up
from hub.directory.secrets import References, Sources, leads_elsewhere, reference, refused
from hub.errors import Misconfigured, Refused
from hub.translators.faults import sentence
from schemas.directory import Directory, DirectoryFault
from schemas.messages import BilingualText
from schemas.ways_out import credentials


@dataclass(frozen=True, slots=True)
class Applied:
    """A directory with where its secrets came from."""

    directory: Directory
    sources: Sources = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file with a directory, and what its references lead to on this machine."""

    text: str
    secrets: dict[str, str] = field(repr=False)
    """Reference → its secret."""
    missing: tuple[BilingualText, ...]
    """Of each reference that leads to nothing: whose it is, and what is wrong."""


def load(file: Path) -> Directory:
    """The directory in a YAML file. Raises ``Refused`` that names every faulty entry."""
    written = read(file)
    if written.missing:
        raise refused(
            "\n  ".join(f"{one.sv}, så att inget kunde sändas till det" for one in written.missing),
            "\n  ".join(f"{one.en}, so nothing could be sent to it" for one in written.missing),
        )
    return of_text(written.text.encode(), None, written.secrets, _named(file)).directory


def read(file: Path) -> WrittenFile:
    """A YAML file, with its references looked up on this machine. Raises ``Misconfigured`` where it cannot be read, and ``Refused`` where
    it is no YAML.
    """
    try:
        raw = _read(file)
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read: {error.strerror}") from None
    content = _content(raw, _named(file))
    secrets: dict[str, str] = {}
    missing: list[BilingualText] = []
    for system, out in _ways_out(content):
        for one in filter(leads_elsewhere, _written(out)):
            try:
                secrets[one] = looked_up(one, file.parent)
            except NotThere as wrong:
                missing.append(
                    BilingualText(
                        sv=f"system {system}: {one} {wrong.text.sv}", en=f"system {system}: {one} {wrong.text.en}"
                    )
                )
    return WrittenFile(raw.decode("utf-8-sig"), secrets, tuple(missing))


def _named(file: Path) -> BilingualText:
    return BilingualText(sv=str(file), en=str(file))


_SENT: Final = BilingualText(sv="Katalogen", en="The directory")


def of_text(
    text: bytes, in_force: Applied | None, given: Mapping[str, str] | None = None, named: BilingualText = _SENT
) -> Applied:
    """The directory in a text of YAML; ``in_force``: what may be kept of it; ``given``: reference → the secret that came with it.
    Raises ``Refused`` that names every faulty entry.
    """
    sources: Sources = {}
    content = _content(text, named)
    references = References(given or {}, {} if in_force is None else _secrets(in_force.directory), _sources(in_force))
    try:
        sources = _find(content, references)
        directory = Directory.model_validate(content)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        faults = [_said(fault, content, sources) for fault in found if not _follows(fault, found)]
        raise _refused(
            f"{named.sv} är ingen katalog som kan införas:" + "".join(f"\n  {one.sv}" for one in faults),
            f"{named.en} does not hold a directory that can be applied:" + "".join(f"\n  {one.en}" for one in faults),
        ) from None
    held_together(directory, named)
    return Applied(directory, sources)


def _content(text: bytes, named: BilingualText) -> Any:
    """What a text of YAML holds. Raises ``Refused``."""
    try:
        return yaml_text.load(text)
    except yaml_text.NotYaml as error:
        raise _refused(
            f"{named.sv}: innehållet är ingen YAML som går att läsa ({error})", f"{named.en}, {error}"
        ) from None


def held_together(directory: Directory, named: BilingualText) -> None:
    """Raises ``Refused`` that names every contradiction in a directory."""
    if faults := directory.faults():
        raise _refused(
            f"{named.sv} håller inte ihop:" + "".join(f"\n  {one.sv}" for one in faults),
            f"{named.en} does not hold together:" + "".join(f"\n  {one.en}" for one in faults),
        )


def _refused(sv: str, en: str) -> Refused:
    return Refused("directory-invalid", sv, en, "/yaml", 400)


_MOST: Final = 64 * 2**20
"""Bytes of a directory; that of all of Sweden would have some tens of megabytes."""


def _read(file: Path) -> bytes:
    """The file's content; a pipe is read to its end, and what has none (``/dev/zero``) is refused."""
    with file.open("rb") as opened:
        content = opened.read(_MOST + 1)
    if len(content) > _MOST:
        raise Misconfigured(f"{file} is larger than {_MOST // 2**20} MB, which no directory is")
    return content


def _sources(in_force: Applied | None) -> Sources:
    return {} if in_force is None else in_force.sources


def _secrets(directory: Directory) -> dict[str, tuple[str, ...]]:
    return {one.id: credentials(one.out) for one in directory.systems}


def _find(content: Any, references: References) -> Sources:
    """Put the secrets in the place of their references. Raises ``Refused``."""
    sources: Sources = {}
    for system, out in _ways_out(content):
        found = [references.secret(system, one) for one in _written(out)]
        _put(out, [secret for secret, _ in found])
        if any(source is not None for _, source in found):
            sources[system] = [source for _, source in found]
    references.refuse_others()
    return sources


def _ways_out(content: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """(system, its way out) of those with secrets; what has another form than a directory is left for the check to refuse."""
    systems = content.get("systems") if isinstance(content, dict) else None
    for system in systems if isinstance(systems, list) else ():
        out = system.get("out") if isinstance(system, dict) else None
        if isinstance(out, dict) and (written := _written(out)) and all(isinstance(one, str) for one in written):
            yield str(system.get("id")), out


def _written(out: dict[str, Any]) -> list[Any]:
    """The secrets of a way out, as ``ways_out.credentials`` has them: a webhook's list, or a FHIR endpoint's token."""
    written = out.get("secrets", [])
    return [*(written if isinstance(written, list) else []), *([out["token"]] if "token" in out else [])]


def _put(out: dict[str, Any], secrets: list[str]) -> None:
    """Put others in the place of what ``_written`` found."""
    if "token" in out:
        *secrets, out["token"] = secrets
    if isinstance(out.get("secrets"), list):
        out["secrets"] = secrets


_QUOTES: Final = {
    "string_type": (
        'ange en text; sätt den inom citattecken där den är siffror, true, yes eller no: "0012"',
        'give a text; put it in quotes where it is digits, true, yes or no: "0012"',
    ),
    "missing": ("den saknas", "it is missing"),
    "extra_forbidden": ("det finns ingen sådan uppgift", "there is no such entry"),
}


def _follows(fault: ErrorDetails, found: list[ErrorDetails]) -> bool:
    """Whether a list is too short only because entries in it are refused; those have sentences of their own."""
    place = fault["loc"]
    return fault["type"] == "too_short" and any(
        len(one["loc"]) > len(place) and one["loc"][: len(place)] == place for one in found
    )


def _said(fault: ErrorDetails, content: Any, sources: Sources) -> DirectoryFault:
    """The place and the fault, never the value, which may be a secret; a secret by its system and its reference too."""
    place = ".".join(str(part) for part in fault["loc"] if part != "[key]") or "the file"
    match fault["loc"]:
        case ("systems", int(number), "out", "webhook", "secrets", int(nth), *_):
            id_ = str(content["systems"][number].get("id"))
            source = sources[id_][nth] if id_ in sources else None
            place += f" (system {id_}, {source or 'written out here'})"
        case ("systems", int(number), "out", "fhir", "token", *_):
            id_ = str(content["systems"][number].get("id"))
            place += f" (system {id_}, {sources[id_][0] if id_ in sources else 'written out here'})"
    context: Mapping[str, Any] = fault.get("ctx") or {}
    if fault["type"] == "value_error":  # from the directory's own checks
        sv, en = context["error"].args
    else:
        sv, en = _QUOTES.get(fault["type"]) or sentence(fault["type"], dict(context))
    return DirectoryFault(f"{place}: {sv}", f"{place}: {en}")


def shown(found: Applied) -> str:
    """The directory as YAML, as ``hub directory apply`` takes it; secrets as references."""
    content = found.directory.model_dump(mode="json", exclude_defaults=True)
    for system in content["systems"]:
        secrets = _written(system["out"])
        sources = found.sources.get(system["id"]) or [None] * len(secrets)
        _put(system["out"], [reference(*one) for one in zip(secrets, sources, strict=True)])
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
