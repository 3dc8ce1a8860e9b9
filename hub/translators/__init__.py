"""Bytes ↔ Message or look-up, pure: one translator per wire format. Imports the language and the errors only."""
