package org.jarl.experiments.config;

import java.lang.reflect.RecordComponent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Writes records as YAML: every component, in the order of the records, so equal records give
/// equal bytes and what is written loads to an equal record.
final class ConfigWriter {
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z/][A-Za-z0-9 /._+-]*(?<! )");

  private ConfigWriter() {}

  /// A whole experiment, one key per line, lists of records one item per line.
  static String document(Experiment experiment, ConfigTypes types) {
    StringBuilder out = new StringBuilder();
    append(out, fields(experiment, types), "", types);
    return out.toString();
  }

  private static void append(
      StringBuilder out, Map<String, Object> fields, String indent, ConfigTypes types) {
    fields.forEach((name, value) -> {
      out.append(indent).append(name).append(':');
      if (value instanceof List<?> items
          && !items.isEmpty()
          && items.getFirst() instanceof Record) {
        out.append('\n');
        items.forEach(
            item -> out.append(indent).append("  - ").append(flow(item, types)).append('\n'));
      } else if (isBlock(value)) {
        out.append('\n');
        append(out, fields(value, types), indent + "  ", types);
      } else {
        out.append(' ').append(flow(value, types)).append('\n');
      }
    });
  }

  private static boolean isBlock(Object value) {
    return value instanceof Record && !ConfigTypes.isShorthand(value.getClass())
        || value instanceof Map<?, ?> map && !map.isEmpty();
  }

  private static Map<String, Object> fields(Object value, ConfigTypes types) {
    Map<String, Object> fields = new LinkedHashMap<>();
    if (value instanceof Map<?, ?> map) {
      map.forEach((name, item) -> fields.put(name.toString(), item));
      return fields;
    }
    Optional<String> type = types.nameOf(value.getClass());
    type.ifPresent(name -> fields.put("type", name));
    for (RecordComponent component : value.getClass().getRecordComponents()) {
      fields.put(component.getName(), read(component, value));
    }
    return fields;
  }

  private static Object read(RecordComponent component, Object record) {
    try {
      component.getAccessor().setAccessible(true);
      return component.getAccessor().invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot read " + component, e);
    }
  }

  /// A value on one line.
  static String flow(Object value, ConfigTypes types) {
    return switch (value) {
      case List<?> items ->
          items.stream().map(item -> flow(item, types)).collect(Collectors.joining(", ", "[", "]"));
      case Enum<?> constant -> ConfigTypes.kebab(constant.name());
      case Float number -> number.toString().toLowerCase(Locale.ROOT);
      case Double number -> number.toString().toLowerCase(Locale.ROOT);
      case String text -> text(text);
      case Record record when ConfigTypes.isShorthand(record.getClass()) ->
          flow(read(record.getClass().getRecordComponents()[0], record), types);
      case Record record -> flowFields(fields(record, types), types);
      case Map<?, ?> map -> flowFields(fields(map, types), types);
      default -> value.toString();
    };
  }

  private static String flowFields(Map<String, Object> fields, ConfigTypes types) {
    return fields.entrySet().stream()
        .map(field -> field.getKey() + ": " + flow(field.getValue(), types))
        .collect(Collectors.joining(", ", "{", "}"));
  }

  private static String text(String text) {
    if (PLAIN.matcher(text).matches() && !text.equals("null")) {
      return text;
    }
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < ' ' || c > '~') {
        quoted.append("\\u%04x".formatted((int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }
}
