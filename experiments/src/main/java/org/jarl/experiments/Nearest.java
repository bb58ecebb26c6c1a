package org.jarl.experiments;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/// "Did you mean": the known name that a misspelt one is nearest to.
final class Nearest {
  private Nearest() {}

  /// The nearest name, if it is near enough to be what was meant: at most a third of the letters
  /// wrong, but always one, counting a swap of neighbours as one.
  static Optional<String> to(String wrong, Collection<String> known) {
    int tolerance = Math.max(1, Math.min(wrong.length(), 12) / 3);
    return known.stream()
        .filter(name -> distance(wrong, name) <= tolerance)
        .min(
            Comparator.<String>comparingInt(name -> distance(wrong, name))
                .thenComparing(Comparator.naturalOrder()));
  }

  /// `; did you mean "gamma"?`, or `; known: a, b` where nothing is near.
  static String hint(String wrong, Collection<String> known, String list) {
    return to(wrong, known)
        .map(name -> "; did you mean \"" + name + "\"?")
        .orElseGet(() -> "; " + list + ": " + known.stream().collect(Collectors.joining(", ")));
  }

  /// Optimal string alignment distance, letters compared without case.
  static int distance(String from, String to) {
    String a = from.toLowerCase(Locale.ROOT);
    String b = to.toLowerCase(Locale.ROOT);
    int[][] cost = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        cost[i][j] = i == 0 || j == 0 ? i + j : step(cost, a, b, i, j);
      }
    }
    return cost[a.length()][b.length()];
  }

  private static int step(int[][] cost, String a, String b, int i, int j) {
    int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
    int best = Math.min(cost[i - 1][j - 1] + change, 1 + Math.min(cost[i - 1][j], cost[i][j - 1]));
    boolean swapped =
        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
    return swapped ? Math.min(best, cost[i - 2][j - 2] + 1) : best;
  }
}
