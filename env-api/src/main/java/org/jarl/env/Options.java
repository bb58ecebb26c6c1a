package org.jarl.env;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jarl.env.EnvironmentProvider.Option;

/// The options of one environment, checked against what its provider declares: every name known,
/// every value of its type, what is absent at its default.
///
/// An [EnvironmentProvider] reads them in `create`:
///
///     Options read = Options.of(id, options, describe(id).options());
///     return new Maze(read.integer("size", 3, 64), read.flag("random"));
public final class Options {
  private final String id;
  private final Map<String, Object> values = new LinkedHashMap<>();

  private Options(String id) {
    this.id = id;
  }

  /// Checks options and fills in defaults.
  ///
  /// @param id named in messages
  /// @param given values by name, as a config holds them: whole numbers may be given for Doubles
  /// @param declared what can be set
  /// @throws IllegalArgumentException naming every unknown option and every value of a wrong type,
  ///   one per line
  public static Options of(String id, Map<String, Object> given, List<Option> declared) {
    Map<String, String> problems = problems(id, given, declared);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("\n", problems.values()));
    }
    Options options = new Options(id);
    for (Option option : declared) {
      Object value = given.get(option.name());
      Object defaultValue = option.defaultValue();
      options.values.put(
          option.name(), value == null ? defaultValue : convert(value, defaultValue));
    }
    return options;
  }

  /// What is wrong with options, for callers who can say where each one is written.
  ///
  /// @return a message for each wrong option, by name, in the order given; empty when all is well
  public static Map<String, String> problems(
      String id, Map<String, Object> given, List<Option> declared) {
    Map<String, Option> byName = new LinkedHashMap<>();
    declared.forEach(option -> byName.put(option.name(), option));
    Map<String, String> problems = new LinkedHashMap<>();
    given.forEach((name, value) -> {
      Option option = byName.get(name);
      if (option == null) {
        problems.put(
            name,
            "unknown option \"%s\" of \"%s\".%s %s"
                .formatted(
                    name,
                    id,
                    Nearest.hint(name, byName.keySet()),
                    byName.isEmpty() ? "It has none." : "Options: " + byName.keySet() + "."));
      } else if (!fits(value, option.defaultValue())) {
        problems.put(
            name,
            "option \"%s\" of \"%s\" must be %s, got %s"
                .formatted(name, id, typeName(option.defaultValue()), shown(value)));
      }
    });
    return problems;
  }

  private static boolean fits(Object value, Object model) {
    return switch (model) {
      case Integer _ -> value instanceof Integer || (value instanceof Long n && n == n.intValue());
      case Double _ -> value instanceof Number n && Double.isFinite(n.doubleValue());
      default -> model.getClass().isInstance(value);
    };
  }

  private static Object convert(Object value, Object model) {
    return switch (model) {
      case Integer _ -> ((Number) value).intValue();
      case Double _ -> ((Number) value).doubleValue();
      default -> value;
    };
  }

  private static String typeName(Object model) {
    return switch (model) {
      case Integer _ -> "a whole number";
      case Double _ -> "a number";
      case Boolean _ -> "true or false";
      default -> "a text";
    };
  }

  private static String shown(Object value) {
    return value instanceof String ? "\"" + value + "\"" : String.valueOf(value);
  }

  /// The value of a declared option.
  ///
  /// @throws IllegalArgumentException if it was not declared with this type: a fault of the
  ///   provider
  private <T> T value(String name, Class<T> type) {
    Object value = values.get(name);
    if (!type.isInstance(value)) {
      throw new IllegalArgumentException(
          "the provider of \"%s\" declares no option \"%s\" of type %s; declared are %s"
              .formatted(id, name, type.getSimpleName(), values.keySet()));
    }
    return type.cast(value);
  }

  /// A Boolean option.
  public boolean flag(String name) {
    return value(name, Boolean.class);
  }

  /// An Integer option.
  ///
  /// @throws IllegalArgumentException if it is not in `low .. high`
  public int integer(String name, int low, int high) {
    int value = value(name, Integer.class);
    if (value < low || value > high) {
      throw refused(name, "in %d .. %d".formatted(low, high), value);
    }
    return value;
  }

  /// A Double option.
  ///
  /// @throws IllegalArgumentException if it is not in `[low, high]`
  public double number(String name, double low, double high) {
    double value = value(name, Double.class);
    if (!(value >= low && value <= high)) {
      throw refused(name, "in [%s, %s]".formatted(low, high), value);
    }
    return value;
  }

  /// A String option.
  ///
  /// @param allowed what it may be; any text when none is given
  /// @throws IllegalArgumentException if it is something else
  public String text(String name, String... allowed) {
    String value = value(name, String.class);
    List<String> choices = new ArrayList<>(Arrays.asList(allowed));
    if (!choices.isEmpty() && !choices.contains(value)) {
      throw new IllegalArgumentException(
          "option \"%s\" of \"%s\" must be one of %s, got \"%s\".%s"
              .formatted(name, id, choices, value, Nearest.hint(value, choices)));
    }
    return value;
  }

  /// The error for a value that breaks a rule of the environment itself.
  ///
  /// @param rule what must hold, after "must be"
  public IllegalArgumentException refused(String name, String rule, Object got) {
    return new IllegalArgumentException(
        "option \"%s\" of \"%s\" must be %s, got %s".formatted(name, id, rule, shown(got)));
  }
}
