"""The sandbox: a real broker and database, simulated registers and demo parties; never loaded in production."""
