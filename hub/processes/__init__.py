"""THE RULES, pure: engine, shared rules, one room per process, profiles. Imports the language and the errors only; no clock, no
I/O.
"""

import hub.processes.registry  # noqa: F401 - every case finds its process, whichever module is imported first
