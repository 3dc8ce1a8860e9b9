"""The benchmarks, run by ``make``; what aiokafka logs while a group is formed or a hub is stopped is no figure."""

import logging

logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
