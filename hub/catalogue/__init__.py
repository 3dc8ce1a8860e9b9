"""The error catalogue: what each refusal, each reason to wait and each warning means, its cause, what to do and who must act. Imports the
rules, the FHIR reader's sentences and the language.

What a rule says stands in ``schemas.rules``, what a refusal says in its guard; here stands only what nobody else knows: the cause and
what to do (``remedies``), and the ids of what is no rule (``ids``).
"""
