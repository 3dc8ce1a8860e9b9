"""Asking the operations API, of another process or of this one: the console's and the command line's only way to it. Imports httpx, the
errors and the log.
"""
