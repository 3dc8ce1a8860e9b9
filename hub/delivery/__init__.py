"""The ways out: one lane per receiving system, and one exit per way out. Imports the store, the translators and the language."""
