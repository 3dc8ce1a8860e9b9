"""The language: every message and its parts as frozen models, the identities, the directory, the glossary. Imports no module of the
hub and no I/O library; every module may import it.
"""
