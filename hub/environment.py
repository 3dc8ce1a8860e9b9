"""Reads the settings from the environment, and refuses ``HUB_…`` names that nothing reads. Imports the settings and the errors."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsError

from hub.errors import Misconfigured
from hub.settings import Broker, OfOperations, Outward, Sandbox, Settings, Stored

S = TypeVar("S", bound=BaseSettings)

_PREFIX: Final = "HUB_"
_OF_KUBERNETES: Final = re.compile(r"_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?$")
"""Where a service is called ``hub`` or ``hub-…``, Kubernetes writes its address into every container under such names."""
_ADDRESS_OF_KUBERNETES: Final = re.compile(r"(tcp|udp|sctp)://")
_OF_OTHERS: Final = re.compile(r"HUB_(TOKEN_\w+|SECRET(_\w+)?|TEST_\w+|SETTINGS_FILE|DIRECTORY_FILE)$")
"""What ``hub sandbox env`` gives a shell, secrets that a directory refers to and the example receivers read, the tests' own,
and those of ``deploy/compose.yaml``: a shell that has them may run commands too.
"""


def from_environment() -> Settings:
    """The settings of this process. Raises ``Misconfigured`` that names the variable."""
    return _read(Settings)


def outward() -> Outward:
    """The settings for webhooks alone. Raises ``Misconfigured`` that names the variable."""
    return _read(Outward)


def database_url() -> str:
    """``HUB_DATABASE_URL``. Raises ``Misconfigured`` when it is not set."""
    return _read(Stored).database_url


def broker(bootstrap: str) -> Broker:
    """How to reach a broker that a command line names: the address is its, all else the settings'. Raises ``Misconfigured`` that
    names the variable.
    """
    return _read(Broker, kafka_bootstrap=bootstrap)


def of_sandbox() -> Sandbox:
    """The settings of ``hub sandbox``. Raises ``Misconfigured`` that names the variable."""
    return _read(Sandbox)


def of_operations() -> OfOperations:
    """Which operations API the commands ask. Raises ``Misconfigured`` that names the variable."""
    return _read(OfOperations)


def _read(kind: type[S], **given: Any) -> S:
    try:
        return kind(**given)
    except ValidationError as error:
        # A fault's own text names no value, which may be a secret.
        said = [_sentence(kind, fault["loc"], fault["type"], fault["msg"]) for fault in error.errors()]
        raise Misconfigured("; ".join(said)) from None
    except SettingsError:
        raise Misconfigured(
            "HUB_REGISTERS and HUB_OPENID are written as one setting for each of their parts: HUB_REGISTERS__…, HUB_OPENID__…"
        ) from None


def _sentence(kind: type[BaseSettings], place: tuple[int | str, ...], type_: str, message: str) -> str:
    name = "__".join(map(str, place)).upper()
    name = name if name.startswith(_PREFIX) else f"{kind.model_config['env_prefix']}{name}"
    if type_ != "missing":
        said = message.removeprefix("Value error, ")
        return f"{name} is wrong: {said[0].lower()}{said[1:]}"
    fields = names(kind)
    missing = [one for one in fields if one == name or (one.startswith(f"{name}__") and fields[one].is_required())]
    return "; ".join(f"set {one}{_example(fields[one])}" for one in missing)


def _example(field: FieldInfo) -> str:
    return f" (such as {field.examples[0]})" if field.examples else ""


# --- names -----------------------------------------------------------------------------------------------------------


def names(kind: type[BaseModel], prefix: str | None = None) -> dict[str, FieldInfo]:
    """The variable of each setting, those of nested ones too."""
    prefix = str(kind.model_config.get("env_prefix")) if prefix is None else prefix
    found: dict[str, FieldInfo] = {}
    for name, field in kind.model_fields.items():
        nested = next((one for one in (field.annotation, *get_args(field.annotation)) if _is_model(one)), None)
        if nested is not None:
            found |= names(nested, f"{prefix}{name}__".upper())
        else:
            found[str(field.validation_alias or f"{prefix}{name}".upper())] = field
    return found


def _is_model(one: object) -> bool:
    return isinstance(one, type) and issubclass(one, BaseModel)


def refuse_unknown(environment: Mapping[str, str], also: Iterable[str]) -> None:
    """Raise ``Misconfigured`` for each ``HUB_…`` name that nothing reads, with the nearest that something does: a misspelt
    setting would leave its default in force without a word. ``also``: the names that single commands read.
    """
    known = {*names(Settings), *names(Sandbox), *names(OfOperations), *also}
    said = []
    for name, value in environment.items():
        if not name.upper().startswith(_PREFIX) or name.upper() in known or _is_of_others(name, value):
            continue
        nearest = difflib.get_close_matches(name.upper(), sorted(known), n=1, cutoff=0.6)
        said.append(f"nothing reads {name}: " + (f"write {nearest[0]}, or unset it" if nearest else "unset it"))
    if said:
        raise Misconfigured("; ".join(said))


def _is_of_others(name: str, value: str) -> bool:
    if _OF_OTHERS.match(name) or _OF_KUBERNETES.search(name):
        return True
    return name.endswith("_PORT") and _ADDRESS_OF_KUBERNETES.match(value) is not None
