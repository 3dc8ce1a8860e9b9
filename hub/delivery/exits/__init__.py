"""One module per way out (delivery.md §3)."""
