"""The element names of STU3, R4 and R5 that Bundles may contain. Imports nothing.

A refusal names an unknown element only when its name is among these; any other name may be personal (D-10).
"""

from __future__ import annotations

from typing import Final

ELEMENT_NAMES: Final = frozenset(
    """
    about account action active activity actor actualPeriod additionalInfo additionalInstruction address
    addressContactPoint addressExtendedContactDetail addressString addressUrl admission admitSource agent alias
    allDay altId animal answer appointment asNeeded asNeededBoolean asNeededCodeableConcept asNeededFor assigner
    author authorReference authorString authored authoredOn authority authorization availability
    availabilityExceptions availableEndTime availableStartTime availableTime basedOn birthDate blob
    boundsDuration boundsPeriod boundsRange breed businessStatus careManager careTeam category channelType
    characteristic citation city class classHistory classifier code codeFilter codeMap coding communication
    comparator concept condition consentingParty contact contained contentAttachment contentCodeableConcept
    contentReference contentString contentType context controller count countMax country coveragePeriod
    coverageTiming creation currency data dataPeriod date dateFilter dateTime dayOfWeek daysOfWeek
    deceasedBoolean deceasedDateTime decision definition definitionReference definitionUri denominator
    description destination detail details diagnosis dietPreference dimensions direction dischargeDisposition
    display district div doNotPerform document documentType documentation doseAndRate doseQuantity doseRange
    duration durationMax durationUnit during encounter end endpoint endpointReference endpointUrl enterer entity
    entry episodeOfCare etag event eventCanonical eventCoding eventUri except executionPeriod expression
    extension factor family focus for form frames frequency frequencyMax fullUrl function gender genderStatus
    generalPractitioner given grantee grantor groupIdentifier hash healthcareService height high highNumerator
    hospitalization id identifier ifMatch ifModifiedSince ifNoneExist ifNoneMatch implicitRules inResponseTo
    incomingReferral individual input instantiatesCanonical instantiatesUri insurance intent interval
    intervalUnit issuer issues item label language lastModified lastUpdated length lifecycle limit line link
    linkId location low lowNumerator lowerLimit manager managingOrganization maritalStatus max
    maxDosePerAdministration maxDosePerLifetime maxDosePerPeriod maxParticipants meaning media medium member
    meta method min mode modifierExtension multipleBirthBoolean multipleBirthInteger mustSupport name network
    networkReference networkString networkUri notAvailable notAvailableTime notDone notDoneReason note numerator
    observer occurredDateTime occurredPeriod offset offsets onBehalfOf onBehalfOfReference onBehalfOfUri
    organization origin other outcome outcomeDesc output owner pages parent partOf participant path patient
    patientInstruction payload performer performerType period periodMax periodUnit photo physicalType
    plannedEndDate plannedStartDate policy policyBasis policyRule policyText postalCode practitioner
    preAdmissionIdentifier preferred prefix priority profile provision publicationDate publicationStatus purpose
    purposeOfEvent purposeOfUse qualification query questionnaire rank rateQuantity rateRange rateRatio
    reAdmission reason reasonCode reasonReference received receiver recipient recorded reference referralRequest
    regulatoryBasis relatedAgentType relation relationship relevantHistory repeat repetitions request
    requestedPerformer requestedPeriod requester requestor resource resourceReference resourceType response
    responsible restriction role route scope score search searchParam security securityLabel sender sent
    sequence serviceProvider serviceType sessionKey severity sigFormat signature site size software sort source
    sourceAttachment sourceIdentifier sourceReference specialArrangement specialCourtesy specialty species start
    state status statusHistory statusReason subject subjectCodeableConcept subjectReference subjectStatus
    subscriptionTopic subtype suffix system tag target targetFormat team telecom text time timeOfDay timestamp
    timing timingDate timingDateTime timingReference timingTiming title topic total type unit upperLimit uri url
    use userId userSelected value verification verificationDate verificationType verified verifiedBy
    verifiedWith version versionId virtualService what whatIdentifier whatReference whatUri when who
    whoReference whoUri width
    """.split()  # noqa: SIM905 - a list of four hundred strings would be harder to read
)
"""Elements of the resources in message Bundles and of their data types, in any version of the standard."""
