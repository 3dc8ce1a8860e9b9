"""The vendor kit: plays the hub and all other parties towards a vendor's system, and reports how that went."""
