package org.jarl.experiments.config;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.jarl.env.Nearest;
import org.jarl.experiments.config.ConfigNode.Scalar;

/// Reads single values. A refusal is the rest of a sentence that begins with the key: "must be a
/// whole number, got many".
public final class ConfigScalars {
  private static final Pattern NUMBER =
      Pattern.compile("[-+]?(\\d+(_\\d+)*(\\.(\\d+(_\\d+)*)?)?|\\.\\d+)([eE][-+]?\\d{1,9})?");
  private static final Pattern NOT_FINITE =
      Pattern.compile("[-+]?\\.?(inf|infinity|nan)", Pattern.CASE_INSENSITIVE);

  private ConfigScalars() {}

  /// A value that does not fit. Without stack trace: it is an answer, caught at once.
  static final class Refusal extends Exception {
    Refusal(String message) {
      super(message, null, false, false);
    }
  }

  /// Whether [#read] knows this class.
  static boolean knows(Class<?> type) {
    return type.isEnum()
        || List.of(
                int.class,
                Integer.class,
                long.class,
                Long.class,
                float.class,
                Float.class,
                double.class,
                Double.class,
                boolean.class,
                Boolean.class,
                String.class)
            .contains(type);
  }

  /// What a value of this class is called: `a whole number`.
  public static String noun(Class<?> type) {
    if (type == int.class || type == Integer.class || type == long.class || type == Long.class) {
      return "a whole number";
    }
    if (type == boolean.class || type == Boolean.class) {
      return "true or false";
    }
    if (type.isEnum()) {
      return "one of " + names(type);
    }
    return type == String.class ? "text" : "a number";
  }

  /// The names that stand for the constants of an enum.
  static List<String> names(Class<?> type) {
    return Arrays.stream(type.getEnumConstants())
        .map(constant -> ConfigTypes.kebab(((Enum<?>) constant).name()))
        .toList();
  }

  /// @throws Refusal if the text is no value of that class
  static Object read(Class<?> type, Scalar scalar) throws Refusal {
    if (type == String.class) {
      return scalar.text();
    }
    if (type == boolean.class || type == Boolean.class) {
      return truth(scalar);
    }
    if (type.isEnum()) {
      return constant(type, scalar);
    }
    String text = scalar.text();
    if (!scalar.quoted() && NOT_FINITE.matcher(text).matches()) {
      throw refusal(type, "a finite number", scalar);
    }
    if (scalar.quoted() || !NUMBER.matcher(text).matches()) {
      throw refusal(type, noun(type), scalar);
    }
    String digits = text.replace("_", "");
    if (type == int.class || type == Integer.class) {
      return (int) whole(type, digits, scalar, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }
    if (type == long.class || type == Long.class) {
      return whole(type, digits, scalar, Long.MIN_VALUE, Long.MAX_VALUE);
    }
    if (type == float.class || type == Float.class) {
      float value = Float.parseFloat(digits);
      finite(type, Float.isFinite(value), scalar, Float.MAX_VALUE);
      return value;
    }
    double value = Double.parseDouble(digits);
    finite(type, Double.isFinite(value), scalar, Double.MAX_VALUE);
    return value;
  }

  private static long whole(Class<?> type, String digits, Scalar scalar, long low, long high)
      throws Refusal {
    BigDecimal number = new BigDecimal(digits).stripTrailingZeros();
    if (number.scale() > 0) {
      throw refusal(type, "a whole number", scalar);
    }
    // The magnitude is looked at first: 1e999999999 written out would not fit into memory.
    boolean tooLong = number.precision() - (long) number.scale() > 19;
    if (tooLong
        || number.compareTo(BigDecimal.valueOf(low)) < 0
        || number.compareTo(BigDecimal.valueOf(high)) > 0) {
      throw refusal(type, "a whole number from " + low + " to " + high, scalar);
    }
    return number.longValueExact();
  }

  private static void finite(Class<?> type, boolean finite, Scalar scalar, double limit)
      throws Refusal {
    if (!finite) {
      throw refusal(type, "a number of at most " + limit, scalar);
    }
  }

  private static Boolean truth(Scalar scalar) throws Refusal {
    if (!scalar.quoted() && (scalar.text().equals("true") || scalar.text().equals("false"))) {
      return Boolean.valueOf(scalar.text());
    }
    throw refusal(boolean.class, "true or false", scalar);
  }

  private static Object constant(Class<?> type, Scalar scalar) throws Refusal {
    int at = names(type).indexOf(scalar.text());
    if (at < 0) {
      throw refusal(type, noun(type), scalar);
    }
    return type.getEnumConstants()[at];
  }

  private static Refusal refusal(Class<?> type, String rule, Scalar scalar) {
    String meant = type.isEnum() ? Nearest.to(scalar.text(), names(type)) : null;
    return new Refusal(
        "must be "
            + rule
            + ", got "
            + scalar.shown()
            + (meant == null ? "" : "; did you mean \"" + meant + "\"?"));
  }
}
