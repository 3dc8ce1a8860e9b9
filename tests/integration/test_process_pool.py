"""The process pool: answers and refusals come back from it, and a process that has ended is started again."""

import os

import pytest

from hub.errors import Refused, Unavailable
from hub.intake.process_pool import ProcessPool, WorkFailed
from hub.translators import native


async def test_the_pool_survives_its_processes_and_brings_refusals_back():
    process_pool = ProcessPool()
    try:
        assert await process_pool.run(native.split_batch, b'[{"a":1}]', 5) == [b'{"a":1}']
        with pytest.raises(Refused) as caught:
            await process_pool.run(native.split_batch, b"{}", 5)
        assert caught.value.rule == "not-json" and caught.value.status == 400
        with pytest.raises(WorkFailed) as failed:
            await process_pool.run(os._exit, 9)
        assert failed.value.reason == "ended"
        assert (await process_pool.run(native.split_batch, b'[{"a":1}]', 5))[0]
        with pytest.raises(WorkFailed) as failed:
            await process_pool.run(int, "Tolvan")
        assert failed.value.reason == "ValueError"
    finally:
        await process_pool.close()
    with pytest.raises(Unavailable):
        await process_pool.run(int, "1")
