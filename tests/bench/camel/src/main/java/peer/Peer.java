package peer;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.component.kafka.consumer.KafkaManualCommit;
import org.apache.camel.main.Main;
import org.apache.camel.support.DefaultMessage;

/**
 * The route that an integration engineer would write: admissions from hub.in.ehr to two receivers, each once by (source, id), in
 * batches of 500. As "durable" it keeps what the hub keeps before it sends, and sends a receipt as well.
 *
 * <p>It does less than the hub: no rules, no look-up in registers, no order beside the topic's, nothing sent again after a crash.
 * Arguments: broker; plain or durable. PEER_DATABASE is the JDBC address.
 */
public final class Peer extends RouteBuilder {
  private static final String RECEIPT = "receipt", NOTICES = "notices", OPEN = "transaction";
  private final String brokers;
  private final boolean durable;
  private final Database database;

  private Peer(String brokers, boolean durable, Database database) {
    this.brokers = brokers;
    this.durable = durable;
    this.database = database;
  }

  public static void main(String[] arguments) throws Exception {
    Database database = new Database(System.getenv("PEER_DATABASE"));
    database.create();
    Main camel = new Main();
    camel.configure().addRoutesBuilder(new Peer(arguments[0], "durable".equals(arguments[1]), database));
    camel.run();
  }

  @Override
  public void configure() {
    onException(Exception.class).process(this::giveUp);
    from("kafka:hub.in.ehr?groupId=peer&autoOffsetReset=earliest&batching=true&maxPollRecords=500&pollTimeoutMs=5&batchingIntervalMs=1"
            + "&allowManualCommit=true&autoCommitEnable=false&breakOnFirstError=true"
            + "&valueDeserializer=org.apache.kafka.common.serialization.ByteArrayDeserializer&brokers=" + brokers)
        .process(this::handle)
        .setBody(exchangeProperty(NOTICES))
        .to(topic("centre"))
        .setBody(exchangeProperty(NOTICES))
        .to(topic("kommun"))
        .choice()
        .when(exchange -> durable)
        .setBody(exchangeProperty(RECEIPT))
        .to(topic("ehr"))
        .end()
        .process(this::finish);
  }

  private String topic(String system) {
    return "kafka:hub.out." + system + "?requestRequiredAcks=all&enableIdempotence=true&lingerMs=0&producerBatchSize=262144"
        + "&batchWithIndividualHeaders=true"
        + "&valueSerializer=org.apache.kafka.common.serialization.ByteArraySerializer&brokers=" + brokers;
  }

  /** Reads the batch, keeps it, and leaves what is to be sent as lists of messages. */
  private void handle(Exchange exchange) throws Exception {
    List<?> records = exchange.getMessage().getBody(List.class);
    List<Admission> read = new ArrayList<>(records.size());
    for (Object record : records) {
      read.add(Reading.read(((Exchange) record).getMessage()));
    }
    exchange.setProperty("last", ((Exchange) records.get(records.size() - 1)).getMessage()
        .getHeader(KafkaConstants.MANUAL_COMMIT, KafkaManualCommit.class));
    Connection connection = database.begin();
    exchange.setProperty(OPEN, connection);
    List<Admission> batch = Database.unseen(connection, read);
    List<byte[]> notices = new ArrayList<>(batch.size());
    List<byte[]> receipts = new ArrayList<>(batch.size());
    for (Admission one : batch) {
      notices.add(Reading.JSON.writeValueAsBytes(one.data()));
      receipts.add(receipt(one));
    }
    if (durable) {
      Database.keep(connection, batch, notices, receipts);
      connection.commit();
      exchange.setProperty(RECEIPT, messages(exchange, batch, receipts, "se.samverkan.receipt.v1"));
    }
    exchange.setProperty(NOTICES, messages(exchange, batch, notices, null));
  }

  /** All are acknowledged by the broker: what was seen is kept, and the offset after it. */
  private void finish(Exchange exchange) throws Exception {
    try (Connection connection = exchange.getProperty(OPEN, Connection.class)) {
      connection.commit();
    }
    exchange.getProperty("last", KafkaManualCommit.class).commit();
  }

  /** What is not acknowledged is not kept as seen. */
  private void giveUp(Exchange exchange) throws Exception {
    Connection connection = exchange.getProperty(OPEN, Connection.class);
    if (connection != null && !connection.isClosed()) {
      connection.rollback();
      connection.close();
    }
  }

  private static byte[] receipt(Admission one) throws JsonProcessingException {
    return Reading.JSON.writeValueAsBytes(Reading.JSON.createObjectNode()
        .put("message", one.id()).put("source", one.source()).put("code", "ok").put("case", one.subject()));
  }

  private static List<Message> messages(Exchange exchange, List<Admission> batch, List<byte[]> bodies, String type) {
    List<Message> found = new ArrayList<>(batch.size());
    for (int at = 0; at < batch.size(); at++) {
      Admission one = batch.get(at);
      Message message = new DefaultMessage(exchange.getContext());
      message.setBody(bodies.get(at));
      message.setHeader(KafkaConstants.KEY, one.subject());
      set(message, "ce_specversion", "1.0");
      set(message, "ce_id", one.id());
      set(message, "ce_source", one.source());
      set(message, "ce_type", type == null ? one.type() : type);
      set(message, "ce_subject", one.subject());
      set(message, "ce_time", one.time());
      set(message, "ce_actor", one.actor());
      set(message, "content-type", "application/json");
      found.add(message);
    }
    return found;
  }

  private static void set(Message message, String name, String value) {
    message.setHeader(name, value.getBytes(StandardCharsets.UTF_8));
  }
}
