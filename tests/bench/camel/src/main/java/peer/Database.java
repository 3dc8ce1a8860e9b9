package peer;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** PostgreSQL by JDBC: each statement carries a whole batch as arrays, the fastest way that JDBC has for many rows. */
final class Database {
  private static final String[] TABLES = {
    "CREATE TABLE seen (source text, id text, PRIMARY KEY (source, id))",
    "CREATE TABLE history (source text, id text, case_ref text, raw bytea, received_at timestamptz DEFAULT now(),"
        + " PRIMARY KEY (source, id))",
    "CREATE TABLE cases (ref text PRIMARY KEY, person text, state json, changed_at timestamptz DEFAULT now())",
    "CREATE TABLE outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, receiver text, case_ref text, body bytea)",
    "CREATE TABLE list (unit text, case_ref text, changed_at timestamptz DEFAULT now(), PRIMARY KEY (unit, case_ref))",
    "CREATE TABLE deadline (case_ref text, name text, due_at timestamptz, PRIMARY KEY (case_ref, name))",
    "CREATE INDEX ON deadline (due_at)",
  };
  private final HikariDataSource pool;

  Database(String url) {
    HikariConfig settings = new HikariConfig();
    settings.setJdbcUrl(url);
    settings.setMaximumPoolSize(4);
    settings.setAutoCommit(false);
    settings.addDataSourceProperty("prepareThreshold", "1");
    pool = new HikariDataSource(settings);
  }

  void create() throws SQLException {
    try (Connection connection = pool.getConnection()) {
      for (String table : TABLES) {
        try (PreparedStatement statement = connection.prepareStatement(table)) {
          statement.execute();
        }
      }
      connection.commit();
    }
  }

  Connection begin() throws SQLException {
    return pool.getConnection();
  }

  /** Those that were not seen before by (source, id); the others have been handled. */
  static List<Admission> unseen(Connection connection, List<Admission> batch) throws SQLException {
    Set<String> fresh = new HashSet<>();
    try (PreparedStatement statement = connection.prepareStatement(
        "INSERT INTO seen SELECT * FROM unnest(?::text[], ?::text[]) ON CONFLICT DO NOTHING RETURNING source, id")) {
      text(connection, statement, 1, batch, Admission::source);
      text(connection, statement, 2, batch, Admission::id);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          fresh.add(rows.getString(1) + " " + rows.getString(2));
        }
      }
    }
    List<Admission> found = new ArrayList<>(fresh.size());
    for (Admission one : batch) {
      if (fresh.remove(one.source() + " " + one.id())) {
        found.add(one);
      }
    }
    return found;
  }

  /** What the hub keeps of an admission: the case under lock, two history rows, three outbox rows, three list rows, two deadlines. */
  static void keep(Connection connection, List<Admission> batch, List<byte[]> notices, List<byte[]> receipts)
      throws SQLException {
    run(connection, batch, "INSERT INTO cases (ref, person, state) SELECT * FROM unnest(?::text[], ?::text[], ?::json[])"
        + " ON CONFLICT DO NOTHING", Admission::subject, one -> one.data().at("/patient/personnummer").asText(),
        one -> one.data().toString());
    run(connection, batch, "SELECT ref FROM cases WHERE ref = ANY (?::text[]) ORDER BY ref FOR UPDATE", Admission::subject);
    try (PreparedStatement statement = connection.prepareStatement(
        "INSERT INTO history (source, id, case_ref, raw) SELECT source, id || suffix, ref, raw"
            + " FROM unnest(?::text[], ?::text[], ?::text[], ?::bytea[]) AS one (source, id, ref, raw),"
            + " (VALUES (''), ('-addressed')) AS copy (suffix)")) {
      text(connection, statement, 1, batch, Admission::source);
      text(connection, statement, 2, batch, Admission::id);
      text(connection, statement, 3, batch, Admission::subject);
      statement.setArray(4, connection.createArrayOf("bytea", batch.stream().map(Admission::raw).toArray(byte[][]::new)));
      statement.executeUpdate();
    }
    try (PreparedStatement statement = connection.prepareStatement(
        "INSERT INTO outbox (receiver, case_ref, body) SELECT receiver, ref, CASE receiver WHEN 'ehr' THEN receipt ELSE"
            + " notice END FROM unnest(?::text[], ?::bytea[], ?::bytea[]) AS one (ref, notice, receipt),"
            + " (VALUES ('centre'), ('kommun'), ('ehr')) AS three (receiver)")) {
      text(connection, statement, 1, batch, Admission::subject);
      statement.setArray(2, connection.createArrayOf("bytea", notices.toArray(byte[][]::new)));
      statement.setArray(3, connection.createArrayOf("bytea", receipts.toArray(byte[][]::new)));
      statement.executeUpdate();
    }
    run(connection, batch, "INSERT INTO list (unit, case_ref) SELECT unit, ref FROM unnest(?::text[]) AS one (ref),"
        + " (VALUES ('ward'), ('centre'), ('kommun')) AS three (unit)", Admission::subject);
    run(connection, batch, "INSERT INTO deadline SELECT ref, name, now() + due FROM unnest(?::text[]) AS one (ref),"
        + " (VALUES ('kvittens', interval '1 day'), ('kallelse', interval '3 days')) AS two (name, due)",
        Admission::subject);
  }

  @SafeVarargs
  private static void run(Connection connection, List<Admission> batch, String sql, Function<Admission, String>... columns)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int at = 0; at < columns.length; at++) {
        text(connection, statement, at + 1, batch, columns[at]);
      }
      statement.execute();
    }
  }

  private static void text(
      Connection connection, PreparedStatement statement, int at, List<Admission> batch, Function<Admission, String> column)
      throws SQLException {
    statement.setArray(at, connection.createArrayOf("text", batch.stream().map(column).toArray()));
  }
}
