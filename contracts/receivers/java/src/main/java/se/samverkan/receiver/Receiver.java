package se.samverkan.receiver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;

/** A receiver of the hub's webhooks that acknowledges what is awaited of its unit; see ../README.md. */
@SpringBootApplication
@RestController
public class Receiver {
  private static final long TOLERANCE_S = 300;
  private static final String UNIT = setting("UNIT", null);
  private static final List<byte[]> SECRETS = secrets();
  private static final Path NOTICES = folder("notices"), ACTS = folder("acts"), ANSWERS = folder("answers");
  private final ObjectMapper json = new ObjectMapper();
  private final HttpClient client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
  private final Object somethingToSend = new Object();

  public static void main(String[] arguments) {
    List.of("HUB_URL", "HUB_TOKEN", "ACTOR", "ROLE").forEach(name -> setting(name, null));
    System.setProperty("server.port", freePort(setting("PORT", "9000")));
    System.setProperty("server.address", "127.0.0.1");
    SpringApplication.run(Receiver.class, arguments);
  }

  Receiver() {
    Thread sender = new Thread(this::sendForEver);
    sender.setDaemon(true);
    sender.start();
  }

  /** Each notice is kept once, with the kvittens that it awaits of our unit, before 204 is answered. */
  @PostMapping("/**")
  public synchronized ResponseEntity<Void> take(
      @RequestHeader(name = "webhook-id", defaultValue = "") String id,
      @RequestHeader(name = "webhook-timestamp", defaultValue = "") String moment,
      @RequestHeader(name = "webhook-signature", defaultValue = "") String signatures,
      @RequestBody byte[] body)
      throws IOException, GeneralSecurityException {
    if (!isSigned(id, moment, signatures, body)) {
      return ResponseEntity.status(401).build();
    }
    Path kept = NOTICES.resolve(sha256(id));
    if (!Files.exists(kept)) {
      JsonNode event = json.readTree(body);
      String type = event.path("type").asText();
      if (!type.endsWith(".receipt.v1") && !type.endsWith(".announcement.v1")) {
        lookAt(event);
      }
      keep(kept, body); // last: a notice that is not kept is looked at again, and the act has the same id
    }
    return ResponseEntity.noContent().build();
  }

  private static boolean isSigned(String id, String moment, String signatures, byte[] body)
      throws GeneralSecurityException {
    if (!moment.matches("[0-9]{1,12}")
        || Math.abs(Instant.now().getEpochSecond() - Long.parseLong(moment)) > TOLERANCE_S) {
      return false;
    }
    for (byte[] secret : SECRETS) {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret, "HmacSHA256"));
      mac.update((id + "." + moment + ".").getBytes(StandardCharsets.UTF_8));
      byte[] ours = ("v1," + Base64.getEncoder().encodeToString(mac.doFinal(body))).getBytes(StandardCharsets.UTF_8);
      for (String theirs : signatures.split(" ")) {
        if (MessageDigest.isEqual(ours, theirs.getBytes(StandardCharsets.UTF_8))) {
          return true;
        }
      }
    }
    return false;
  }

  /** Acknowledge what awaits a kvittens of us; tell people of what else awaits us. */
  private void lookAt(JsonNode event) throws IOException, GeneralSecurityException {
    String of = event.path("case").asText();
    String awaited = json.readTree(event.path("awaits").asText("{}")).path(UNIT).asText(null);
    if ("kvittens".equals(awaited)) {
      String id = "kvittens-" + sha256(of + " " + event.path("id").asText() + " " + UNIT).substring(0, 32);
      if (!Files.exists(ACTS.resolve(id)) && !Files.exists(ANSWERS.resolve(id))) {
        keep(ACTS.resolve(id), json.writeValueAsBytes(Map.of(
            "specversion", "1.0",
            "id", id,
            "source", "urn:hsa:" + UNIT,
            "type", "se.samverkan.kvittens.v1",
            "subject", of,
            "time", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
            "actor", setting("ACTOR", null),
            "actorrole", setting("ROLE", null),
            "data", Map.of("message", event.path("id").asText()))));
        synchronized (somethingToSend) {
          somethingToSend.notifyAll();
        }
      }
    } else if (awaited != null) {
      System.out.println(event.path("type").asText() + " in " + of + " awaits " + awaited + ": somebody has to answer");
    }
  }

  /** Sends each act until the hub has answered it; the others wait meanwhile, so that they keep their order. */
  private void sendForEver() {
    long waitMs = 500;
    String trouble = "";
    while (true) {
      try {
        Path next;
        try (var acts = Files.list(ACTS)) {
          next = acts.filter(one -> !one.toString().endsWith(".part"))
              .min((one, other) -> Long.compare(one.toFile().lastModified(), other.toFile().lastModified()))
              .orElse(null);
        }
        if (next == null) {
          synchronized (somethingToSend) {
            somethingToSend.wait(1000);
          }
          continue;
        }
        HttpRequest request = HttpRequest.newBuilder(URI.create(setting("HUB_URL", null).replaceFirst("/$", "") + "/messages"))
            .header("Content-Type", "application/cloudevents+json")
            .header("Authorization", "Bearer " + setting("HUB_TOKEN", null))
            .timeout(Duration.ofSeconds(30))
            .POST(HttpRequest.BodyPublishers.ofFile(next))
            .build();
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        if (isFinal(answer)) {
          keep(ANSWERS.resolve(next.getFileName()), answer.body().getBytes(StandardCharsets.UTF_8));
          Files.delete(next);
          System.out.println(next.getFileName() + ": " + answer.statusCode() + " " + answer.body());
          if (!trouble.isEmpty()) {
            System.err.println(setting("HUB_URL", null) + " takes messages again");
          }
          waitMs = 500;
          trouble = "";
        } else {
          boolean unknown = answer.statusCode() == 401 || answer.statusCode() == 403;
          String why = "answers " + answer.statusCode() + (unknown ? ": it does not know us (HUB_TOKEN)" : "");
          trouble = saidOnce(why, trouble);
          String after = answer.headers().firstValue("Retry-After").orElse("");
          Thread.sleep(after.matches("[0-9]{1,6}") ? Math.min(Long.parseLong(after), 600) * 1000 : waitMs);
          waitMs = Math.min(waitMs * 2, 60_000);
        }
      } catch (IOException noAnswer) {
        trouble = saidOnce("does not answer (HUB_URL)", trouble);
        sleep(waitMs);
        waitMs = Math.min(waitMs * 2, 60_000);
      } catch (InterruptedException stopped) {
        return;
      }
    }
  }

  /** Says why a message could not be sent, unless it has just been said; what has been said last. */
  private static String saidOnce(String why, String before) {
    if (!why.equals(before)) {
      System.err.println(setting("HUB_URL", null) + " " + why + "; what is to be sent waits and is tried again");
    }
    return why;
  }

  /** The port, if nobody listens there, or the end of the program in one sentence. */
  private static String freePort(String port) {
    try (ServerSocket tried = new ServerSocket()) {
      tried.setReuseAddress(true);
      tried.bind(new InetSocketAddress("127.0.0.1", Integer.parseInt(port)));
      return port;
    } catch (IOException | IllegalArgumentException error) {
      return stop("PORT " + port + " cannot be listened at (" + error.getMessage() + "): set another PORT");
    }
  }

  /** Whether the hub has taken the message or refused it by a rule. All else is a deploy, a proxy or a token: try again. */
  private boolean isFinal(HttpResponse<String> answer) {
    int status = answer.statusCode();
    if (List.of(401, 403, 404, 408, 429).contains(status) || status < 200 || status / 100 == 3 || status >= 500) {
      return false;
    }
    try {
      JsonNode said = json.readTree(answer.body());
      return said != null && (said.has("code") || said.has("rule"));
    } catch (IOException noJson) {
      return false;
    }
  }

  private static void sleep(long milliseconds) {
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  /** The file is there whole or not at all. */
  private static void keep(Path file, byte[] content) throws IOException {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    Files.write(part, content);
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private static String sha256(String text) throws GeneralSecurityException {
    return HexFormat.of().formatHex(
        MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static Path folder(String name) {
    try {
      return Files.createDirectories(Path.of(setting("STORE", "receiver"), name));
    } catch (IOException error) {
      throw new IllegalStateException(error);
    }
  }

  private static List<byte[]> secrets() {
    try {
      List<String> written = List.of(setting("HUB_SECRET", null).trim().split(" +"));
      if (written.stream().allMatch(one -> one.startsWith("whsec_") && one.length() > "whsec_".length())) {
        return written.stream().map(one -> Base64.getDecoder().decode(one.substring("whsec_".length()))).toList();
      }
    } catch (IllegalArgumentException noBase64) {
      // said below
    }
    return stop("HUB_SECRET is no webhook secret: each begins with whsec_, and base64 follows; several have a blank between them");
  }

  private static String setting(String name, String otherwise) {
    String found = System.getenv().getOrDefault(name, "").trim();
    if (!found.isEmpty()) {
      return found;
    }
    return otherwise != null ? otherwise : stop("set " + name + ": the README beside the receivers says what it is");
  }

  /** Ends the program with one sentence. */
  private static <T> T stop(String sentence) {
    System.err.println(sentence);
    System.exit(1);
    return null;
  }
}
