"""The example of settings for an installation has every setting of the hub, with the default that holds.

May import the settings only.
"""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr

from hub.settings import OpenIdSettings, RegistersSettings, Settings

EXAMPLE = Path(__file__).parents[2] / "deploy" / "settings.example.env"
WRITTEN = dict(re.findall(r"^#(HUB_[A-Z0-9_]+)=(.*)$", EXAMPLE.read_text(), re.MULTILINE))
OTHERS = {
    "HUB_SANDBOX_RATE",
    "HUB_SANDBOX_PACE",
    "HUB_SANDBOX_DATA",
    "HUB_SANDBOX_PORT",
    "HUB_CACHE",
    "HUB_OPS_TOKEN",
    "HUB_OPS_URL",
    "HUB_TOKEN",
    "HUB_URL",
}
"""Of the sandbox and of the command line."""


def settings_of(model, prefix="HUB_"):
    found = {}
    for name, field in model.model_fields.items():
        nested = {"registers": RegistersSettings, "openid": OpenIdSettings}.get(name, field.annotation)
        if isinstance(nested, type) and issubclass(nested, BaseModel):
            found |= settings_of(nested, f"{prefix}{name}__".upper())
        else:
            found[f"{prefix}{name}".upper()] = field
    return found


KNOWN = settings_of(Settings)


def test_the_example_has_every_setting_and_none_that_nothing_reads():
    assert set(WRITTEN) == set(KNOWN) | OTHERS


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_what_the_example_gives_as_a_default_is_the_default(name):
    field = KNOWN[name]
    if not field.is_required() and field.default not in (None, "", SecretStr("")):
        kind = type(field.default)
        assert (WRITTEN[name] == "true" if kind is bool else kind(WRITTEN[name])) == field.default
