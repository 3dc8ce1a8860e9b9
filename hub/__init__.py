"""The message hub: one package, with a layer for every room (pyproject.toml)."""
