"""The simulated registers as a process of their own: ``python -m hub.sandbox.serve_registers PORT``.

Imports ``registers`` and the demo's directory and staff; never loaded in production.
"""

from __future__ import annotations

import asyncio
import signal
import sys

from hub.directory import load
from hub.sandbox import staff
from hub.sandbox.register_contents import Contents
from hub.sandbox.registers import SimulatedRegisters
from hub.sandbox.services import DIRECTORY


async def serve(port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    contents = Contents.load()
    known = contents.model_copy(update={"employees": contents.employees + staff.employees(load(DIRECTORY))})
    async with SimulatedRegisters(known, port):
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
