"""Faults that the kit makes on purpose, to see whether a vendor's system does as a good one does."""
