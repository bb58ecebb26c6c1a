package org.jarl.experiments.config;

/// Where a value of an experiment comes from.
///
/// @param kind decides how it is shown
/// @param source the file as the user named it, or the text of a `--set`
/// @param line from 1
/// @param column from 1
/// @param text the whole line, for the caret; empty where there is none
public record ConfigOrigin(Kind kind, String source, int line, int column, String text) {

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
    String place =
        switch (kind) {
          case FILE -> line == 0 ? source : source + ":" + line + ":" + column;
          case FLAG -> "--set " + source;
          case DEFAULT -> "default " + source;
        };
    if (text.isBlank()) {
      return place + ": " + message;
    }
    return place + ": " + message + "\n  " + text.replace('\t', ' ') + "\n  " + caret();
  }

  private String caret() {
    return " ".repeat(Math.min(column - 1, text.length())) + "^";
  }
}
