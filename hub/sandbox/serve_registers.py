"""The simulated registers as a process of their own: ``python -m hub.sandbox.serve_registers PORT``.

Imports ``registers`` beside it; never loaded in production.
"""

from __future__ import annotations

import asyncio
import signal
import sys

from hub.sandbox.registers import SimulatedRegisters


async def serve(port: int) -> None:
    """Until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with SimulatedRegisters(port=port):
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
