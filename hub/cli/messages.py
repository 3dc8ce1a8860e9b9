"""The commands that send or check messages from files. Imports the root; each command imports what it needs when it runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli.root import app
from hub.errors import Misconfigured, Refused, Unavailable


@app.command()
def send(
    file: Annotated[Path, typer.Argument(help="A CloudEvent in JSON, or a FHIR Bundle in JSON or XML.")],
    url: Annotated[str, typer.Option(envvar="HUB_URL", help="The hub's address.")] = "http://127.0.0.1:8400",
    token: Annotated[str, typer.Option(envvar="HUB_TOKEN", help="The system's bearer token.")] = "",
) -> None:
    """Send one message over HTTP and show the receipt; exit status 0 when it was accepted."""
    import httpx

    from hub.translators import formats

    body = content_of(file)
    if body is None:
        raise typer.Exit(1)
    media = media_type_of(body)
    path = "/fhir/$process-message" if formats.is_fhir(media) else "/messages"
    if not token:
        raise Misconfigured("give the system's token: --token, or HUB_TOKEN")
    headers = {"content-type": media, "authorization": f"Bearer {token}"}
    try:
        answer = httpx.post(url.rstrip("/") + path, content=body, headers=headers, timeout=60)
    except httpx.InvalidURL:
        raise Misconfigured("the address of the hub is none; give it as http://host:port") from None
    except UnicodeError:
        raise Misconfigured("the token holds characters that no token has") from None
    except httpx.HTTPError as error:
        raise Unavailable(f"the hub at {url} does not answer ({type(error).__name__})") from None
    is_json = "json" in answer.headers.get("content-type", "")
    typer.echo(json.dumps(answer.json(), indent=2, ensure_ascii=False) if is_json else answer.text)
    raise typer.Exit(0 if answer.status_code == 200 else 1)


@app.command()
def check(
    files: Annotated[
        list[Path], typer.Argument(help="Messages or FHIR Bundles to check, or scenarios with --scenario.")
    ],
    scenario: Annotated[bool, typer.Option("--scenario", help="The files are scenarios: run them in memory.")] = False,
) -> None:
    """Check messages, Bundles or scenarios without a hub; says what is wrong and where. Exit status 0 when all are
    well.
    """
    if scenario:
        from hub import scenarios

        raise typer.Exit(scenarios.check(files))
    wrong = sum(not _check_message(file) for file in files)
    raise typer.Exit(1 if wrong else 0)


def content_of(file: Path) -> bytes | None:
    """A file's bytes; None, with a printed sentence, when it cannot be read."""
    try:
        return file.read_bytes()
    except IsADirectoryError:
        typer.echo(f"hub: {file} is a folder; name the files in it", err=True)
    except OSError as error:
        typer.echo(f"hub: {file} cannot be read: {error.strerror}", err=True)
    return None


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


def _expected(body: bytes) -> tuple[bytes, str | None]:
    """(event, rule that must refuse it) of a fixture in ``contracts/invalid``; (bytes, None) of any other file."""
    from hub.translators import json_text

    try:
        found: Any = json_text.read(body)
    except Refused:
        return body, None
    said = found.get("refused") if isinstance(found, dict) else None
    if isinstance(said, dict) and isinstance(said.get("rule"), str) and "event" in found:
        return json.dumps(found["event"]).encode(), said["rule"]
    return body, None


def _check_message(file: Path) -> bool:
    """Check one file and print the result; a fixture of ``contracts/invalid`` is right when its rule refuses it."""
    from hub.translators import formats

    content = content_of(file)
    if content is None:
        return False
    body, expected = _expected(content)
    try:
        message = formats.read(media_type_of(body), None, body)
    except Refused as refused:
        said = f"{refused.rule} at {refused.element or '/'}"
        if refused.rule == expected:
            typer.echo(f"{file}: ok, refused by {said} as it should be")
            return True
        typer.echo(f"{file}: {said}\n  {refused.sv}\n  {refused.en}")
        return False
    rest = "" if expected is None else f", readable; {expected} takes a hub's rules, see --scenario"
    typer.echo(f"{file}: ok, {message.name}{rest}")
    return True
