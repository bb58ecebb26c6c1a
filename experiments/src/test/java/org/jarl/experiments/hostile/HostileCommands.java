package org.jarl.experiments.hostile;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.jarl.experiments.cli.CommandLineRun;

/// Runs commands of the real command line in this JVM and holds each to what every command owes its
/// user, whatever it was given: a documented exit code, an answer in time, no stack trace, no
/// character that steers the terminal.
final class HostileCommands {
  private static final Set<Integer> CODES = Set.of(0, 2, 69, 130);
  private static final long LIMIT_MILLIS = 10_000;
  private static final Pattern TRACE = Pattern.compile("(?m)^\\s+at [\\w.$/]+\\(|a fault of Jarl");
  private static final Pattern CONTROL =
      Pattern.compile("[\\p{Cntrl}&&[^\\n\\r\\t]]|\\u001b(?!\\[K)");
  private static final int LONGEST = 40_000;

  /// How a command ended.
  ///
  /// @param fault what was wrong with that; empty when nothing was
  record Outcome(int code, String out, String err, String fault) {}

  private HostileCommands() {}

  /// Runs a command.
  static Outcome run(String... arguments) throws InterruptedException {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream before = System.out;
    PrintStream captured = new PrintStream(said, true, StandardCharsets.UTF_8);
    AtomicInteger code = new AtomicInteger(-1);
    Thread thread =
        new Thread(() ->
            code.set(CommandLineRun.run(arguments, new PrintWriter(out), new PrintWriter(err))));
    thread.setDaemon(true);
    System.setOut(captured);
    try {
      thread.start();
      thread.join(LIMIT_MILLIS);
    } finally {
      System.setOut(before);
    }
    String all = said.toString(StandardCharsets.UTF_8) + out;
    String fault = "";
    if (thread.isAlive()) {
      StringBuilder where = new StringBuilder("no end within 10 s, at");
      for (StackTraceElement element : List.of(thread.getStackTrace())) {
        where.append("\n    ").append(element);
      }
      fault = where.toString();
    } else if (!CODES.contains(code.get())) {
      fault = "exit code " + code.get() + ": " + head(err.toString());
    } else if (TRACE.matcher(all + err).find()) {
      fault = "a stack trace: " + head(err.toString());
    } else if (CONTROL.matcher(err.toString()).find()) {
      fault = "a control character: " + head(err.toString());
    } else if (err.toString().length() > LONGEST) {
      fault = "a message of " + err.toString().length() + " characters";
    } else if (code.get() != 0 && (all + err).isBlank()) {
      fault = "exit code " + code.get() + " without a word";
    }
    return new Outcome(code.get(), all, err.toString(), fault);
  }

  private static String head(String text) {
    return text.length() <= 2_000 ? text : text.substring(0, 2_000) + "...";
  }
}
