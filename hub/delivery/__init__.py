"""Where a message leaves: lanes, one per receiving system, and one exit per way out. Imports the store, the
translators and the language.
"""
