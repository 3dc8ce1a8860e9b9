"""What happened to a message or a case, in order of time, on lanes of who did it: one structured form, of which the API's JSON, the FHIR
AuditEvents and the lines of ``hub timeline`` are made. Imports the operations, the store, the translators and the rules.
"""
