"""The national registers' SOAP contracts (law-and-lookups.md §3)."""
