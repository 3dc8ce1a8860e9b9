"""What a connected system is shown of cases (C-4 to C-7, C-30, C-31, C-50, C-51): pure, from a case and its messages to
plain data. May import the intake's reading of kept messages, the rules and the language; never a router.
"""
