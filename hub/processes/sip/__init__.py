"""SIP, the coordinated individual plan: one engine for five regions (processes.md §3 and §4, sip-messages.md)."""
