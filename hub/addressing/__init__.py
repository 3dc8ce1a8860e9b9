"""The national registers: who is to be told, who may act, and what has changed of a person."""
