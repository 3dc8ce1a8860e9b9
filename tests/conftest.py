"""How much Hypothesis tries: in full by default, a tenth with ``--hypothesis-profile quick`` (`make quick`).

No example has a time limit: a test is no measurement, and the machine may be busy.
"""

import gc
import sys

from hypothesis import settings

# jsonschema builds 38 grammars of IRIs when it is loaded, which takes a second: no schema of ours speaks of one.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

settings.register_profile("unhurried", deadline=None)
settings.register_profile("quick", max_examples=settings.get_profile("default").max_examples // 10, deadline=None)
settings.load_profile("unhurried")

gc.disable()  # while the tests are collected: what that makes stays until the end


def pytest_collection_finish() -> None:
    gc.freeze()  # or each full round would go through it again, and find nothing
    gc.enable()
