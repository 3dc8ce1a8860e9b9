package peer;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** One admission as the route understands it: its CloudEvents attributes, its body as JSON, and the bytes that came. */
record Admission(
    String source, String id, String type, String subject, String time, String actor, ObjectNode data, byte[] raw) {}
