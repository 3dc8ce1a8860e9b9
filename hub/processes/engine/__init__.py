"""The engine: it decides a message by the rules of a process, and knows no law."""
