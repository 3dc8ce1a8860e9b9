"""The processes beside the hub: they bring answers and refusals home, and are started again when they end."""

import os

import pytest

from hub.errors import Refused, Unavailable
from hub.intake.workshop import Lost, Workshop
from hub.translators import native


async def test_the_workshop_survives_its_processes_and_brings_refusals_home():
    workshop = Workshop()
    try:
        assert await workshop.run(native.split_batch, b'[{"a":1}]', 5) == [b'{"a":1}']
        with pytest.raises(Refused) as caught:
            await workshop.run(native.split_batch, b"{}", 5)
        assert caught.value.rule == "not-json" and caught.value.status == 400
        with pytest.raises(Lost) as lost:
            await workshop.run(os._exit, 9)
        assert lost.value.reason == "ended"
        assert (await workshop.run(native.split_batch, b'[{"a":1}]', 5))[0]
        with pytest.raises(Lost) as lost:
            await workshop.run(int, "Tolvan")
        assert lost.value.reason == "ValueError"
    finally:
        await workshop.close()
    with pytest.raises(Unavailable):
        await workshop.run(int, "1")
