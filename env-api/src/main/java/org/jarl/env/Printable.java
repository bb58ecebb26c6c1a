package org.jarl.env;

import org.jspecify.annotations.Nullable;

/// Text of others, made fit for a line of ours: without characters that steer a terminal, and of a
/// sensible length.
public final class Printable {
  /// Characters that are shown of one value.
  public static final int LENGTH = 300;

  private static final int LONG_LENGTH = 4_000;
  private static final int MOST_OF_MESSAGE = 1_500;
  private static final int MESSAGE_BEGIN = 600;
  private static final int MESSAGE_END = 600;

  private Printable() {}

  /// A text in one line of at most [#LENGTH] characters.
  public static String line(@Nullable String text) {
    return cleaned(String.valueOf(text), LENGTH, false);
  }

  /// A text whose lines stay, of at most 4,000 characters.
  public static String lines(@Nullable String text) {
    return cleaned(String.valueOf(text), LONG_LENGTH, true);
  }

  /// A text whose lines stay, of at most so many characters.
  public static String lines(@Nullable String text, int most) {
    return cleaned(String.valueOf(text), most, true);
  }

  /// A message in one line, which begins with the thing and ends with what to do: where it is too
  /// long, the value in its middle is cut.
  public static String message(@Nullable String text) {
    String all = String.valueOf(text);
    if (all.length() <= MOST_OF_MESSAGE) {
      return cleaned(all, MOST_OF_MESSAGE, false);
    }
    return cleaned(all.substring(0, MESSAGE_BEGIN), MESSAGE_BEGIN, false)
        + "... ("
        + all.length()
        + " characters) ..."
        + cleaned(all.substring(all.length() - MESSAGE_END), MESSAGE_END, false);
  }

  /// What was thrown, in one line, as its `toString` says it. Whatever that does, this answers:
  /// code that fails may also fail to say why.
  public static String of(Throwable thrown) {
    String name = thrown.getClass().getName();
    String text;
    try {
      text = thrown.toString();
    } catch (Throwable e) {
      return line(name + " (its toString threw " + e.getClass().getName() + ")");
    }
    return line(text == null ? name : text);
  }

  /// What an object says of itself, in one line; see [#of(Throwable)].
  public static String of(@Nullable Object value) {
    if (value == null) {
      return "null";
    }
    try {
      return line(value.toString());
    } catch (Throwable e) {
      return line(
          value.getClass().getName() + " (its toString threw " + e.getClass().getName() + ")");
    }
  }

  private static String cleaned(String text, int most, boolean keepsLines) {
    int end = Math.min(text.length(), most);
    StringBuilder out = new StringBuilder(end + 40);
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      boolean stays = keepsLines && (c == '\n' || c == '\t');
      out.append(stays || isPrintable(c) ? c : c == '\n' || c == '\t' ? ' ' : '\ufffd');
    }
    if (end < text.length()) {
      out.append("... (").append(text.length()).append(" characters)");
    }
    return out.toString();
  }

  /// Neither a control character nor one that hides or turns round what follows.
  private static boolean isPrintable(char c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }
}
