package org.jarl.experiments.config;

import org.jarl.env.Printable;

/// Where a value of an experiment comes from.
///
/// @param kind decides how it is shown
/// @param source the file as the user named it, or the text of a `--set`
/// @param line from 1
/// @param column from 1
/// @param text the whole line, for the caret; empty where there is none
public record ConfigOrigin(Kind kind, String source, int line, int column, String text) {

  private static final int MOST_BEFORE_CARET = 100;
  private static final int MOST_OF_LINE = 200;

  /// What can say a value.
  enum Kind {
    FILE,
    FLAG,
    DEFAULT
  }

  /// A file as a whole.
  static ConfigOrigin ofFile(String source) {
    return new ConfigOrigin(Kind.FILE, source, 0, 0, "");
  }

  /// Short form, for a column of a table: `cartpole.yaml:3`, `--set` or `default`.
  public String brief() {
    return switch (kind) {
      case FILE -> source.substring(source.lastIndexOf('/') + 1) + ":" + line;
      case FLAG -> "--set";
      case DEFAULT -> "default";
    };
  }

  /// Message, line and caret.
  String explain(String message) {
    String from = Printable.message(source);
    String place =
        switch (kind) {
          case FILE -> line == 0 ? from : from + ":" + line + ":" + column;
          case FLAG -> "--set " + from;
          case DEFAULT -> "default " + from;
        };
    String said = place + ": " + Printable.message(message);
    if (text.isBlank()) {
      return said;
    }
    int at = Math.min(column - 1, text.length());
    int begin = Math.max(0, at - MOST_BEFORE_CARET);
    int end = Math.min(text.length(), begin + MOST_OF_LINE);
    String shown = Printable.lines(text.substring(begin, end).replace('\t', ' '));
    return said + "\n  " + shown + "\n  " + " ".repeat(at - begin) + "^";
  }
}
