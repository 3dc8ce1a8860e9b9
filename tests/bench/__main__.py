"""``make bench``: the hub's speed against its references in the same run. See README for what the figures mean."""

import asyncio
import sys

from tests.bench.run import main

sys.exit(asyncio.run(main(sys.argv[1:])))
