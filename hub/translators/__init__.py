"""The translators between bytes and messages or look-ups, one per wire format, without I/O. Imports the language and the errors
only.
"""
