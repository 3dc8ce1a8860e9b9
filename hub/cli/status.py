"""The command that says how everything is: what to see to first, the hubs, who delivers to whom, what waits, the registers. Imports the
root and the operations API.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from hub.cli import table
from hub.cli.ops import operations
from hub.cli.root import Json, app

_FEW = 40
"""So many systems are all listed; of more only those of which there is something to say."""


@app.command()
def status(
    everything: Annotated[bool, typer.Option("--all", help="Every system, also those of which all is well.")] = False,
    as_json: Json = False,
) -> None:
    """Show how everything is: what to see to first, the hubs and their readiness, who delivers to which system, what waits there since
    when, paused by whom and why, the breaker and the last answer, the registers, what is held.
    """
    with operations() as ops:
        told = {
            "overview": ops.ask("/overview"),
            "systems": ops.rows("/systems"),
            "registers": ops.ask("/registers"),
            "unserved": ops.ask("/unserved")["rows"],
        }
    if as_json:
        table.show_json(told)
    else:
        _show(told, everything=everything)


def _show(told: dict[str, Any], *, everything: bool) -> None:
    overview = told["overview"]
    typer.echo(f"directory: version {overview['directory']}\n")
    _show_hubs(overview)
    table.show(
        "to see to, worst first",
        ("HOW", "SINCE", "WHAT"),
        [(one["severity"], table.moment(one["since"]), one["text"]["en"]) for one in overview["first"]],
    )
    systems = [one["standing"] for one in told["systems"]]
    shown = [one for one in systems if everything or len(systems) <= _FEW or _is_noted(one)]
    table.show(
        "systems",
        ("SYSTEM", "WAIT", "DEAD", "OLDEST", "BY, AND HOW"),
        [(one["system"], one["waiting"], one["dead"], table.moment(one["oldest"]), _how(one)) for one in shown],
    )
    if len(shown) < len(systems):
        typer.echo(f"{table.number_of(len(systems) - len(shown), 'more system')}, of which all is well (--all)\n")
    _show_registers(told["registers"])
    held, manual = overview["held"], overview["manual"]
    held_since, manual_since = (
        f", the oldest since {table.moment(one['oldest'])}" if one["oldest"] else "" for one in (held, manual)
    )
    messages, cases = table.number_of(held["count"], "message"), table.number_of(manual["count"], "case")
    typer.echo(f"\nheld: {messages}{held_since}; {cases} in the manual queue{manual_since}")
    for one in told["unserved"]:
        waits = table.number_of(one["notices"], "notice waits", "notices wait")
        whom = (
            f"unit {one['waits_for']}, which no system serves"
            if one["unit"]
            else f"system {one['waits_for']}, which has left"
        )
        typer.echo(f"  {waits} for {whom}")


def _show_hubs(overview: dict[str, Any]) -> None:
    if not overview["hubs"]:
        typer.echo("no hub runs\n")
    table.show(
        "hubs",
        ("HUB", "PORT", "ROLES", "LAST SAID", "STATE"),
        [
            (
                one["hub"],
                one["port"],
                _roles(one["roles"]),
                table.moment(one["last_said"]),
                _how_it_is(one),
            )
            for one in overview["hubs"]
        ],
    )
    if overview["hubs"] and overview["missing_roles"]:
        missing = "; ".join(f"{one['role']} ({one['not_done']})" for one in overview["missing_roles"])
        roles = ",".join(one["role"] for one in overview["missing_roles"])
        typer.echo(f"no running hub has the role: {missing}. Start one with it: hub run --role {roles}\n")


def _how_it_is(hub: dict[str, Any]) -> str:
    if hub["state"] == "silent":
        until = f"shown until {table.moment(hub['shown_until'])}"
        if hub["replaced"]:
            return f"silent; others have its shards and roles, nothing waits for it; {until}"
        still = f"still has {hub['shards']} of the shards; " if hub["shards"] else ""
        return f"silent; {still}{until}"
    faults = f": {', '.join(hub['faults'])}" if hub["state"] == "not ready" else ""
    asks = ", asks the registers" if hub["asks_registers"] else ""
    return f"{hub['state']}{faults}; has {hub['shards']} of the shards{asks}"


def _show_registers(registers: dict[str, Any]) -> None:
    typer.echo(f"registers: {_asked(registers)}")
    for one in registers["rows"]:
        failed = f", last fault {one['reason']} at {table.moment(one['failed'])}" if one["failed"] else ""
        waiting = one["waiting"]
        waits = (
            f"; {table.number_of(waiting['count'], 'look-up waits', 'look-ups wait')}, the oldest since"
            f" {table.moment(waiting['oldest'])}"
            if waiting["count"]
            else ""
        )
        if one["state"] not in {"not-asked", "not-set"} or waits:
            here = "; not asked by this process yet" if one["state"] == "asked-before" else ""
            typer.echo(
                f"  {one['register']}: last answer {table.moment(one['answered']) or 'none yet'}{failed}{here}{waits}"
            )


def _roles(roles: list[str]) -> str:
    from hub.roles import ROLES

    return "all" if ROLES.issubset(roles) else ", ".join(roles) or "none"


def _asked(registers: dict[str, Any]) -> str:
    from hub.settings import WITHOUT_REGISTERS

    if registers["set"] is False:
        return f"none are set (HUB_REGISTERS__…): {WITHOUT_REGISTERS}"
    return f"asked by {registers['asked_by']}" if registers["asked_by"] else "asked by no hub"


def _is_noted(one: dict[str, Any]) -> bool:
    return bool(one["waiting"] or one["dead"] or one["paused"] or one["breaker"] != "closed" or one["hub"] is None)


def _how(one: dict[str, Any]) -> str:
    said = [one["hub"] or "no hub delivers to it"]
    if one["paused"]:
        pause = one["paused"]
        by = pause["by"] or "nobody that the trail names"
        said.append(f"paused since {table.moment(pause['since'])} by {by}: {pause['reason'] or ''}")
    if one["breaker"] != "closed":
        said.append(f"breaker {one['breaker']} until {table.moment(one['breaker_until'])}")
    if one["last_answer"]:
        said.append(f"last answer {one['last_answer']} at {table.moment(one['answered'])}")
    return "; ".join(said)
