package org.jarl.agents.config;

import java.util.Arrays;

/// Checks of configuration records. Every refusal has the form `Dqn.Config.batchSize must be at
/// least 1, got 0`, and carries the component by itself, so that the reader of an experiment file
/// can say `agent.batchSize` and the line.
///
/// A record calls these in its compact constructor, so it cannot exist when wrong.
public final class Require {
  private Require() {}

  /// Fails unless `holds`.
  ///
  /// @param name the record component, for example `batchSize`
  /// @param rule completes "must be", for example `at least 1`
  /// @throws SettingException with component, rule and value
  public static void that(boolean holds, String name, String rule, Object value) {
    if (!holds) {
      throw new SettingException(owner(name), name, rule, value);
    }
  }

  /// The record whose component is checked, `Dqn.Config.`; empty where no record calls. Only a
  /// refusal looks it up.
  private static String owner(String component) {
    return StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE)
        .walk(frames ->
            frames
                .<Class<?>>map(StackWalker.StackFrame::getDeclaringClass)
                .filter(Class::isRecord)
                .findFirst())
        .filter(type ->
            Arrays.stream(type.getRecordComponents())
                .anyMatch(known -> known.getName().equals(component)))
        .map(type -> type.getCanonicalName().substring(type.getPackageName().length() + 1) + ".")
        .orElse("");
  }

  /// Fails unless the value is at least 1.
  public static void positive(String name, long value) {
    atLeast(name, 1, value);
  }

  /// Fails unless the value is at least 0.
  public static void notNegative(String name, long value) {
    that(value >= 0, name, "0 or more", value);
  }

  /// Fails unless the value is at least `least`.
  public static void atLeast(String name, long least, long value) {
    that(value >= least, name, "at least " + least, value);
  }

  /// Fails unless the value is a finite number above 0.
  public static void positive(String name, float value) {
    that(value > 0 && Float.isFinite(value), name, "above 0", value);
  }

  /// Fails unless the value is a finite number above 0.
  public static void positive(String name, double value) {
    that(value > 0 && Double.isFinite(value), name, "above 0", value);
  }

  /// Fails unless the value is a finite number of at least 0.
  public static void notNegative(String name, float value) {
    that(value >= 0 && Float.isFinite(value), name, "0 or more", value);
  }

  /// Fails unless the value is neither infinite nor NaN.
  public static void finite(String name, float value) {
    that(Float.isFinite(value), name, "a finite number", value);
  }

  /// Fails unless the value is in `[0, 1]`.
  public static void unitInterval(String name, float value) {
    that(value >= 0 && value <= 1, name, "between 0 and 1", value);
  }

  /// Fails unless the value is in `[0, 1]`.
  public static void unitInterval(String name, double value) {
    that(value >= 0 && value <= 1, name, "between 0 and 1", value);
  }

  /// Fails unless every value that the schedule takes is in `[0, 1]`.
  public static void unitInterval(String name, Schedule schedule) {
    that(schedule.min() >= 0 && schedule.max() <= 1, name, "between 0 and 1", schedule);
  }
}
