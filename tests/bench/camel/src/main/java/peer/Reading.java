package peer;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.LenientErrorHandler;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.camel.Message;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Encounter;
import org.hl7.fhir.r4.model.EpisodeOfCare;
import org.hl7.fhir.r4.model.MessageHeader;
import org.hl7.fhir.r4.model.Organization;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Practitioner;
import org.hl7.fhir.r4.model.Resource;

/** Bytes of a record to an admission: CloudEvents in binary mode, or a FHIR R4 message Bundle read by HAPI. */
final class Reading {
  static final ObjectMapper JSON = new ObjectMapper();
  private static final FhirContext FHIR = FhirContext.forR4Cached();

  static {
    FHIR.setParserErrorHandler(new LenientErrorHandler(false));
  }

  private Reading() {}

  static Admission read(Message record) throws IOException {
    byte[] raw = record.getBody(byte[].class);
    return header(record, "content-type").startsWith("application/fhir") ? fromBundle(raw) : fromEvent(record, raw);
  }

  private static Admission fromEvent(Message record, byte[] raw) throws IOException {
    return new Admission(
        header(record, "ce_source"), header(record, "ce_id"), header(record, "ce_type"), header(record, "ce_subject"),
        header(record, "ce_time"), header(record, "ce_actor"), (ObjectNode) JSON.readTree(raw), raw);
  }

  /** The fields of an admission, as an integration engineer maps them: no profile is validated. */
  private static Admission fromBundle(byte[] raw) {
    Bundle bundle = FHIR.newJsonParser().parseResource(Bundle.class, new ByteArrayInputStream(raw));
    String id = null, type = null, unit = null, actor = null, reference = null;
    ObjectNode data = JSON.createObjectNode();
    for (Bundle.BundleEntryComponent entry : bundle.getEntry()) {
      Resource resource = entry.getResource();
      if (resource instanceof MessageHeader found) {
        id = found.getIdElement().getIdPart();
        type = "se.samverkan." + found.getEventCoding().getCode() + ".v1";
      } else if (resource instanceof Organization found) {
        unit = found.getIdentifierFirstRep().getValue();
      } else if (resource instanceof Practitioner found) {
        actor = found.getIdentifierFirstRep().getValue();
      } else if (resource instanceof EpisodeOfCare found) {
        reference = "ref:" + found.getIdentifierFirstRep().getValue();
      } else if (resource instanceof Patient found) {
        data.putObject("patient")
            .put("personnummer", found.getIdentifierFirstRep().getValue())
            .put("name", found.getNameFirstRep().getText())
            .put("address", found.getAddressFirstRep().getText())
            .put("phone", found.getTelecomFirstRep().getValue());
      } else if (resource instanceof Encounter found) {
        data.put("admitted_at", found.getPeriod().getStartElement().getValueAsString())
            .put("estimated_discharge", found.getExtension().get(0).getValue().primitiveValue())
            .put("reason", found.getReasonCodeFirstRep().getText());
      } else if (resource instanceof Consent found) {
        data.putObject("samtycke")
            .put("outcome", found.getProvision().getType() == Consent.ConsentProvisionType.PERMIT ? "given" : "refused")
            .put("given_by", found.getPerformerFirstRep().getDisplay());
      }
    }
    return new Admission(
        "urn:hsa:" + unit, id, type, reference, bundle.getTimestampElement().getValueAsString(), actor, data, raw);
  }

  private static String header(Message record, String name) {
    return new String(record.getHeader(name, byte[].class), StandardCharsets.UTF_8);
  }
}
