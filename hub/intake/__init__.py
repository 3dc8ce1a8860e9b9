"""Read, decide, write down: one batch, one transaction (architecture.md §1). Imports the translators, the rules and
the store.
"""
