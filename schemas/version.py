"""The version of the contracts with the parties: of messages, notices, receipts and their formats. Imports nothing."""

from typing import Final

CONTRACT_VERSION: Final = "1.0.0"
"""Semantic: the first number rises when a receiver that was right must change, the second when something is added, the third when
a text is made clearer."""
