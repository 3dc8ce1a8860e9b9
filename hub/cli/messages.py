"""The commands that send or check messages from files. Imports the root; each command imports what it needs when it runs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.endings import NOT_WELL, shown
from hub.cli.root import app, web_address
from hub.errors import Misconfigured, Refused, Unavailable

if TYPE_CHECKING:
    from hub.check import Verdict


@app.command()
def send(
    file: Annotated[Path, typer.Argument(help="A CloudEvent in JSON, or a FHIR Bundle in JSON or XML.")],
    url: Annotated[
        str, typer.Option(envvar="HUB_URL", parser=web_address, metavar="URL", help="The hub's address.")
    ] = "http://127.0.0.1:8400",
    token: Annotated[str, typer.Option(envvar="HUB_TOKEN", help="The system's bearer token.")] = "",
) -> None:
    """Send one message over HTTP and show the receipt; exit status 0 when it was accepted or is held, 1 when it was refused."""
    import httpx

    from hub.check import judge
    from hub.translators import formats

    body = content_of(file)
    media = media_type_of(body)
    path = "/fhir/$process-message" if formats.is_fhir(media) else "/messages"
    if not token:
        raise Misconfigured("give the system's token: --token, or HUB_TOKEN")
    headers = {"content-type": media, "authorization": f"Bearer {token}"}
    try:
        answer = httpx.post(url.rstrip("/") + path, content=body, headers=headers, timeout=60)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        raise Misconfigured("--url is no address; give the hub's as http://host:port") from None
    except UnicodeError:
        raise Misconfigured("the token holds characters that no token has") from None
    except httpx.HTTPError as error:
        raise Unavailable(
            f"no hub answers at {url} ({type(error).__name__}): is it running, and is --url right?"
        ) from None
    media = answer.headers.get("content-type", "nothing").partition(";")[0]
    verdict = judge(answer.content)
    if verdict.kind not in _ANSWERS and verdict.name != "OperationOutcome":
        raise Unavailable(
            f"what answers at {url} is no hub (HTTP {answer.status_code}, {media}): give the hub's own address, --url or HUB_URL"
        )
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        raise Misconfigured(f"the hub at {url} does not know this token; give the system's own: --token, or HUB_TOKEN")
    if answer.status_code == httpx.codes.FORBIDDEN and "way-not-open" in answer.text:
        raise Misconfigured(
            f"the hub at {url} takes nothing from this system over HTTP: `ways_in` of the directory does not say http"
        )
    in_json = answer.content.lstrip().startswith(b"{")
    shown(json.dumps(answer.json(), indent=2, ensure_ascii=False) if in_json else answer.text)
    raise typer.Exit(0 if answer.is_success else NOT_WELL)


_ANSWERS = {"receipt", "problem", "fhir-receipt"}
"""What a hub answers a message with, by the kinds of ``hub check``; and, when a Bundle cannot be read, an OperationOutcome."""


@app.command()
def check(
    files: Annotated[
        list[Path], typer.Argument(help="Files to check, - for standard input; scenarios with --scenario.")
    ],
    scenario: Annotated[bool, typer.Option("--scenario", help="The files are scenarios: run them in memory.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object: {files: [{file, is, name, status, faults, note}], status}.")
    ] = False,
) -> None:
    """Check without a hub whatever passes between the parties and the hub: messages, batches, notices, receipts, announcements and
    refusals, native or as FHIR in JSON or XML, and SOAP to and from the registers. What a file is it tells by its content.

    Says every fault at once, with element, rule and a sentence in Swedish and in English. Exit status, of the worst file: 0 well,
    1 with faults, 2 it cannot be read or is nothing of this kind.
    """
    if scenario:
        from hub import scenarios

        if as_json:
            raise Misconfigured("--json is for messages, not for scenarios: leave it or --scenario out")
        raise typer.Exit(scenarios.check(files))
    verdicts = [(str(file), _verdict_on(file)) for file in files]
    worst = max(verdict.status for _, verdict in verdicts)
    if as_json:
        found = {"files": [verdict.as_json(file) for file, verdict in verdicts], "status": worst}
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        for file, verdict in verdicts:
            typer.echo("\n".join(verdict.lines(file)))
    raise typer.Exit(worst)


def _verdict_on(file: Path) -> Verdict:
    from hub.check import judge, unreadable

    try:
        return judge(content_of(file))
    except Misconfigured as error:
        is_folder = file.is_dir()
        sv = f"{file} är en mapp; ange filerna i den." if is_folder else f"{file} kan inte läsas som en fil."
        return unreadable(sv, f"{error}.")


def content_of(file: Path) -> bytes:
    """A file's bytes, or those of standard input for ``-``, up to what is judged. Raises ``Misconfigured`` when it cannot be read."""
    from hub.check import MAX_BYTES

    try:
        if str(file) == "-":
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except IsADirectoryError:
        raise Misconfigured(f"{file} is a folder; name the files in it") from None
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read: {error.strerror}") from None
    except ValueError:  # a name with a NUL
        raise Misconfigured("a file's name holds characters that no name has") from None


def media_type_of(body: bytes) -> str:
    """The media type of a file's content, whatever its name: XML, a Bundle in JSON, or else a CloudEvent."""
    from hub.translators import formats, json_text, native

    if body.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:1] == b"<":
        return formats.FHIR_XML
    try:
        found = json_text.read(body)
    except Refused:
        found = None  # the reader will say what is wrong
    return formats.FHIR_JSON if isinstance(found, dict) and "resourceType" in found else native.STRUCTURED
