package org.jarl.experiments.run;

import java.io.PrintStream;
import java.util.Locale;

/// The line on the console that says how a run goes. On a terminal it is one line that renews
/// itself; elsewhere a line is printed every ten seconds. One thread uses it.
final class ProgressLine {
  private static final long TERMINAL_PERIOD = 200_000_000L;
  private static final long PLAIN_PERIOD = 10_000_000_000L;
  private static final int WIDTH = 79;

  private final PrintStream out;
  private final boolean terminal;
  private final Goal goal;
  private long nextNanos;
  private boolean open;

  /// Where a run ends.
  ///
  /// @param unit several of what the goal counts, for example `steps`
  record Goal(long position, String unit) {}

  /// @param terminal whether `\r` takes the cursor back
  /// @param goal of the run
  /// @param nowNanos present reading of the clock that [#due] gets
  ProgressLine(PrintStream out, boolean terminal, Goal goal, long nowNanos) {
    this.out = out;
    this.terminal = terminal;
    this.goal = goal;
    this.nextNanos = nowNanos + period();
  }

  /// Whether it is time for the line again.
  boolean due(long nowNanos) {
    return nowNanos - nextNanos >= 0;
  }

  /// Shows the line.
  ///
  /// @param position towards the goal
  /// @param perSecond of training alone
  /// @param meanReturn of the last episodes; NaN before the first has ended
  void show(long nowNanos, long position, double perSecond, double meanReturn) {
    nextNanos = nowNanos + period();
    String text = text(position, goal, perSecond, meanReturn);
    if (terminal) {
      out.print("\r" + text + " ".repeat(Math.max(0, WIDTH - text.length())));
      out.flush();
      open = true;
    } else {
      out.println(text);
    }
  }

  /// Prints a line of its own below or instead of the progress line.
  void say(String message) {
    clear();
    out.println(message);
  }

  /// Takes the renewing line away.
  void clear() {
    if (open) {
      out.print("\r" + " ".repeat(WIDTH) + "\r");
      out.flush();
      open = false;
    }
  }

  static String text(long position, Goal goal, double perSecond, double meanReturn) {
    String seconds = "-";
    if (perSecond > 0) {
      long left = Math.round(Math.max(0, goal.position() - position) / perSecond);
      seconds =
          left >= 3600
              ? String.format(Locale.ROOT, "%d:%02d:%02d", left / 3600, left / 60 % 60, left % 60)
              : String.format(Locale.ROOT, "%d:%02d", left / 60, left % 60);
    }
    return String.format(
        Locale.ROOT,
        "%,d / %,d %s  %3d %%  %,.0f %s/s  return %s  ETA %s",
        position,
        goal.position(),
        goal.unit(),
        100 * Math.min(position, goal.position()) / goal.position(),
        perSecond,
        goal.unit(),
        Double.isNaN(meanReturn) ? "-" : String.format(Locale.ROOT, "%.1f", meanReturn),
        seconds);
  }

  private long period() {
    return terminal ? TERMINAL_PERIOD : PLAIN_PERIOD;
  }
}
