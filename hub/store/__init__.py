"""All SQL of the hub: messages, cases, outbox, held messages, directory, register answers. Imports the language, the rules' case
and the errors only.
"""
