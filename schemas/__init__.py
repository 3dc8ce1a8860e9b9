"""THE LANGUAGE: every message and its parts as frozen models, identities, the directory, the glossary.

Imports nothing of the hub and no I/O library; everybody may import it.
"""
