"""The command that says how everything is: the hubs, who delivers to whom, what waits, the registers. Imports the root; imports what it
needs when it runs.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import table
from hub.cli.root import Json, app, in_transaction, with_store

if TYPE_CHECKING:
    from hub.store.at_a_glance import Glance

_FEW = 40
"""So many systems are all listed; of more only those of which there is something to say."""


@app.command()
def status(
    everything: Annotated[bool, typer.Option("--all", help="Every system, also those of which all is well.")] = False,
    as_json: Json = False,
) -> None:
    """Show how everything is: the hubs and their readiness, who delivers to which system, what waits there since when, paused by whom
    and why, the breaker and the last answer, the registers, what is held.
    """
    from hub.directory_change import in_force
    from hub.operations import standing
    from hub.operations.known import no_directory
    from hub.store.at_a_glance import glance

    found = with_store(in_force)
    if found is None:
        raise no_directory()
    directory = found[1].directory

    async def go(connection: Any) -> Glance:
        return await glance(connection, directory.system_by_id)

    now = in_transaction(go)
    told = {
        "directory": found[0],
        "hubs": [asdict(one) for one in standing.hubs(now)],
        "missing_roles": [one.role for one in standing.missing_roles(now)],
        "systems": [asdict(one) for one in standing.systems(now, directory).values()],
        "registers": asdict(standing.registers(now)),
        "held": {
            "messages": now.held, "since": now.held_since, "manual_queue": now.manual, "unserved": standing.unserved(now),
        },
    }  # fmt: skip
    if as_json:
        table.show_json(told)
    else:
        _show(told, everything=everything)


def _show(told: dict[str, Any], *, everything: bool) -> None:
    typer.echo(f"directory: version {told['directory']}\n")
    if not told["hubs"]:
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
                f"{one['state']}{': ' if one['faults'] else ''}{', '.join(one['faults'])}"
                + (
                    f", shown until {table.moment(one['shown_until'])}"
                    if one["state"] == "silent"
                    else f"; has {one['shards']} of the shards"
                )
                + (", asks the registers" if one["asks_registers"] else ""),
            )
            for one in told["hubs"]
        ],
    )
    if told["hubs"] and told["missing_roles"]:
        from hub.roles import NOT_DONE

        missing = "; ".join(f"{role} ({NOT_DONE[role]})" for role in told["missing_roles"])
        typer.echo(f"no running hub has the role: {missing}. Start one with it: hub run --role …\n")
    systems = told["systems"]
    shown = [one for one in systems if everything or len(systems) <= _FEW or _is_noted(one)]
    table.show(
        "systems",
        ("SYSTEM", "WAIT", "DEAD", "OLDEST", "BY, AND HOW"),
        [(one["system"], one["waiting"], one["dead"], table.moment(one["oldest"]), _how(one)) for one in shown],
    )
    if len(shown) < len(systems):
        typer.echo(f"{table.number_of(len(systems) - len(shown), 'more system')}, of which all is well (--all)\n")
    registers = told["registers"]
    typer.echo(f"registers: {_asked(registers)}")
    for name, one in registers["waiting"].items():
        waits = table.number_of(one["count"], "look-up waits", "look-ups wait")
        typer.echo(f"  {waits} ({name}), the oldest since {table.moment(one['oldest'])}")
    for name, one in registers["contracts"].items():
        failed = f", last fault {one['reason']} at {table.moment(one['failed'])}" if one["failed"] else ""
        typer.echo(f"  {name}: last answer {table.moment(one['answered']) or 'none yet'}{failed}")
    held = told["held"]
    since = f", the oldest since {table.moment(held['since'])}" if held["since"] else ""
    messages, cases = table.number_of(held["messages"], "message"), table.number_of(held["manual_queue"], "case")
    typer.echo(f"\nheld: {messages}{since}; {cases} in the manual queue")
    for unit, count in held["unserved"].items():
        typer.echo(
            f"  {table.number_of(count, 'notice waits', 'notices wait')} for unit {unit}, which no system serves"
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
    from hub.store.why_waiting import Pause

    said = [one["hub"] or "no hub delivers to it"]
    if one["paused"]:
        said.append(str(Pause(**one["paused"])))
    if one["breaker"] != "closed":
        said.append(f"breaker {one['breaker']} until {table.moment(one['breaker_until'])}")
    if one["last_answer"]:
        said.append(f"last answer {one['last_answer']} at {table.moment(one['answered'])}")
    return "; ".join(said)
