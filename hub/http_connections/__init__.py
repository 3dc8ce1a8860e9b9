"""Calls over HTTP to other people's servers."""
