"""How much Hypothesis tries: in full by default, a quarter with ``--hypothesis-profile quick`` (`make quick`)."""

from hypothesis import settings

settings.register_profile("quick", max_examples=settings.get_profile("default").max_examples // 4)
