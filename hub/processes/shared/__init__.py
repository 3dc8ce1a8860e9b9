"""Rules that several processes share, as factories that take what differs."""
