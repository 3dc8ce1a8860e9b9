"""THE RULES, pure: cases, tables of rows, profiles. Imports the language and the errors only; no clock, no I/O."""
