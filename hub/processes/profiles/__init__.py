"""Where the regions differ (processes.md §4): one frozen row of answers per region and process. Imports nothing."""
