"""Deterministic simulation: the hub's own code on an event loop of ours, against a model of the store, by a seed."""
