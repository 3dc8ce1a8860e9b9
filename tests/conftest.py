"""How much Hypothesis tries: in full by default, a tenth with ``--hypothesis-profile quick`` (`make quick`).

No example has a time limit: a test is no measurement, and the machine may be busy.
"""

import gc
import sys
from functools import cache

from hypothesis import settings
from typer import testing

# jsonschema builds 38 grammars of IRIs when it is loaded, which takes a second: no schema of ours speaks of one.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

testing._get_command = cache(
    testing._get_command
)  # the command line is built once, as in `hub`, and not for each line of a test

settings.register_profile("unhurried", deadline=None)
settings.register_profile("quick", max_examples=settings.get_profile("default").max_examples // 10, deadline=None)
settings.load_profile("unhurried")

gc.disable()  # while the tests are collected: what that makes stays until the end


def pytest_collection_finish() -> None:
    gc.freeze()  # or each full round would go through it again, and find nothing
    gc.set_threshold(20_000, 20, 50)  # a test leaves little, and a round of the collector costs more than what it frees
    gc.enable()


def pytest_unconfigure() -> None:
    gc.freeze()  # or the interpreter would go through all of it again when it ends
