"""A second process, for the tests alone: it proves that a process is rows and data, and that the engine knows no law."""
