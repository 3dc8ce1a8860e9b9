"""The report of a run: JSON, one HTML page and JUnit, signed; and whether one is as it was signed."""
