"""The OIDs and FHIR identifier systems of persons, units and areas (law-and-lookups.md §2). Imports nothing."""

from __future__ import annotations

from typing import Final

OID_PERSONNUMMER: Final = "1.2.752.129.2.1.3.1"
OID_SAMORDNINGSNUMMER: Final = "1.2.752.129.2.1.3.3"
OID_NATIONELLT_RESERVNUMMER: Final = "1.2.752.74.9.1"
OID_HSA: Final = "1.2.752.129.2.1.4.1"
OID_ORGNR: Final = "2.5.4.97"
OID_BEFATTNING: Final = "1.2.752.129.2.2.1.4"
OID_LAN: Final = "1.2.752.129.2.2.1.18"
OID_KOMMUN: Final = "1.2.752.129.2.2.1.17"

FHIR_PERSONNUMMER: Final = "http://electronichealth.se/identifier/personnummer"
FHIR_SAMORDNINGSNUMMER: Final = "http://electronichealth.se/identifier/samordningsnummer"
FHIR_NATIONELLT_RESERVNUMMER: Final = "http://electronichealth.se/identifier/nationelltReservnummer"
FHIR_NATIONELLT_RESERVNUMMER_MISSPELT: Final = "http://electronichealth.se/identifier/nationelltReservnumer"
"""The spelling of an early base profile; read, never written."""
FHIR_HSA: Final = "urn:oid:1.2.752.29.4.19"
"""The system that the hub writes; it reads ``FHIR_HSA_SYSTEMS``."""
FHIR_HSA_SYSTEMS: Final = frozenset({FHIR_HSA, f"urn:oid:{OID_HSA}"})
FHIR_ORGNR: Final = f"urn:oid:{OID_ORGNR}"
