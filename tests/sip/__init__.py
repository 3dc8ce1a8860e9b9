"""SIPs of the five regions to try messages on."""
