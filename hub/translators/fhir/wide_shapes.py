"""Makes the wide shape: the lean one without its limits, for Bundles that the reference model has accepted. Imports msgspec only.

The reference model has checked the formats, and unknown elements are allowed; required codes are still checked, because the reference
model does not. A wide struct is a subclass of its lean one, so the same functions read both.
"""

from __future__ import annotations

import sys
import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import Struct

_WIDE: dict[type[Struct], type[Struct]] = {}


def loosened(lean: type[Struct]) -> type[Struct]:
    """The wide subclass of a lean struct: the same fields without limits on texts and numbers; unknown fields are ignored."""
    if lean in _WIDE:
        return _WIDE[lean]
    fields: list[tuple[str, Any, Any]] = []
    for info in msgspec.structs.fields(lean):
        default: Any = info.default
        if default is msgspec.NODEFAULT and info.default_factory is not msgspec.NODEFAULT:
            default = msgspec.field(default_factory=info.default_factory, name=info.encode_name)
        elif info.encode_name != info.name:
            default = msgspec.field(name=info.encode_name, default=default)
        annotation = _loose_type(info.type)
        fields.append((info.name, annotation, default) if default is not msgspec.NODEFAULT else (info.name, annotation))  # type: ignore[arg-type]
    config = lean.__struct_config__
    wide = msgspec.defstruct(
        f"Wide{lean.__name__}",
        fields,
        bases=(lean,),
        namespace={"__post_init__": _nothing} if hasattr(lean, "__post_init__") else None,
        module=__name__,
        kw_only=True,
        forbid_unknown_fields=False,
        tag_field=config.tag_field,
        tag=config.tag,
    )
    _WIDE[lean] = wide
    setattr(sys.modules[__name__], wide.__name__, wide)
    return wide


def codes_at(lean: type[Struct], resource: dict[str, Any], names: list[str]) -> tuple[str, ...]:
    """The codes that an element of a lean struct may have; empty when it is not a code.

    ``resource``: the entry's resource, whose type selects the struct; ``names``: the path of the element.
    """
    inside: Any = lean
    for name in names:
        field = next((one for one in msgspec.structs.fields(inside) if one.encode_name == name), None)
        if field is None:
            return ()
        parts = _parts(field.type)
        if len(parts) > 1:
            parts = [part for part in parts if part.__struct_config__.tag == resource["resourceType"]]
        inside = parts[0]
        if get_origin(inside) is Literal:
            return get_args(inside)
        if not (isinstance(inside, type) and issubclass(inside, Struct)):
            return ()
    return ()


def _parts(annotation: Any) -> list[Any]:
    """The types of a value, without null, lists and limits."""
    if get_origin(annotation) in (Union, types.UnionType):
        return [part for one in get_args(annotation) if one is not type(None) for part in _parts(one)]
    if get_origin(annotation) in (Annotated, list):
        return _parts(get_args(annotation)[0])
    return [annotation]


def _nothing(_: Any) -> None:
    """An extension without value, which the reference model accepts: its value is None."""


def _loose_type(annotation: Any) -> Any:
    if get_origin(annotation) is Annotated:
        return _loose_type(get_args(annotation)[0])
    if isinstance(annotation, type) and issubclass(annotation, Struct):
        return loosened(annotation)
    origin = get_origin(annotation)
    if origin is list:
        return list[_loose_type(get_args(annotation)[0])]  # type: ignore[misc]
    if origin in (Union, types.UnionType):
        return Union[tuple(_loose_type(part) for part in get_args(annotation))]  # noqa: UP007 - built at run time
    if origin is Literal:
        return annotation
    return annotation
