"""The only SQL: messages, cases, outbox, held, directory, register answers. Imports the language, the rules' plain
data and the errors only.
"""
