"""Where a message enters, and what can be asked: Kafka, FHIR, CloudEvents over HTTP, operations. Imports the intake,
and what the delivery and the operations answer.
"""
