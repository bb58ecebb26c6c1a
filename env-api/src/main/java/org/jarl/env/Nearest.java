package org.jarl.env;

import java.util.Collection;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Finds what a misspelt name was meant to be.
public final class Nearest {
  /// More than this many wrong letters are another word, not a slip.
  private static final int MAX_DISTANCE = 3;

  private Nearest() {}

  /// The candidate with the fewest letters to add, leave out or change; of equal ones the first.
  /// Upper and lower case are the same.
  ///
  /// @return null when none is nearer than 4 letters, or than half of the name
  public static @Nullable String to(String name, Collection<String> candidates) {
    String best = null;
    int bestDistance = Math.min(MAX_DISTANCE, name.length() / 2) + 1;
    for (String candidate : candidates) {
      int distance = distance(name, candidate);
      if (distance < bestDistance) {
        bestDistance = distance;
        best = candidate;
      }
    }
    return best;
  }

  /// ` Did you mean "gamma"?`, or nothing when no candidate is near; to append to a message.
  public static String hint(String name, Collection<String> candidates) {
    String nearest = to(name, candidates);
    return nearest == null ? "" : " Did you mean \"" + nearest + "\"?";
  }

  /// Levenshtein distance without regard to case.
  static int distance(String first, String second) {
    String a = first.toLowerCase(Locale.ROOT);
    String b = second.toLowerCase(Locale.ROOT);
    int[] row = new int[b.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int changed = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(changed, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
