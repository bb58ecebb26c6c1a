package org.jarl.experiments.base;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jarl.env.Printable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// JSON as trees: no class is ever chosen by what a file says.
public final class Json {
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  /// What Jarl writes is far shorter.
  private static final long MOST_BYTES = 16_000_000;

  private Json() {}

  /// An empty object, whose keys keep the order in which they are put.
  public static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  /// The file as a tree.
  ///
  /// @throws UserErrorException if it is missing or not one JSON object
  public static ObjectNode read(Path file) {
    try {
      return parse(new String(Disk.read(file, MOST_BYTES), StandardCharsets.UTF_8), file);
    } catch (IOException e) {
      throw new UserErrorException("cannot read " + file + ": " + Disk.reason(e), e);
    }
  }

  /// A text as a tree.
  ///
  /// @param file where it is from, for messages
  /// @throws UserErrorException if it is not one JSON object
  public static ObjectNode parse(String text, Path file) {
    try {
      if (MAPPER.readTree(text) instanceof ObjectNode object) {
        return object;
      }
      throw new UserErrorException(file + " must hold a JSON object");
    } catch (JacksonException e) {
      throw new UserErrorException(
          file + " is not JSON: " + Printable.line(e.getOriginalMessage()), e);
    }
  }

  /// A value inside a tree that must be there.
  ///
  /// @throws UserErrorException if it is missing, naming file and key
  public static JsonNode need(JsonNode tree, Path file, String key) {
    JsonNode value = tree.get(key);
    if (value == null) {
      throw new UserErrorException(file + " must have the key \"" + key + "\"");
    }
    return value;
  }

  /// A text inside a tree that must be there.
  ///
  /// @throws UserErrorException if it is missing or no text, naming file and key
  public static String text(JsonNode tree, Path file, String key) {
    JsonNode value = need(tree, file, key);
    if (!value.isString()) {
      throw new UserErrorException(file + ": \"" + key + "\" must be a text, got " + shown(value));
    }
    return value.stringValue();
  }

  /// A whole number inside a tree that must be there.
  ///
  /// @throws UserErrorException if it is missing or no whole number, naming file and key
  public static long integer(JsonNode tree, Path file, String key) {
    JsonNode value = need(tree, file, key);
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw new UserErrorException(
          file + ": \"" + key + "\" must be a whole number, got " + shown(value));
    }
    return value.longValue();
  }

  /// A whole number of a range inside a tree that must be there.
  ///
  /// @throws UserErrorException if it is missing or not in the range, naming file and key
  public static int integer(JsonNode tree, Path file, String key, int least, int most) {
    long value = integer(tree, file, key);
    if (value < least || value > most) {
      throw new UserErrorException(
          "%s: \"%s\" must be in %,d .. %,d, got %,d".formatted(file, key, least, most, value));
    }
    return (int) value;
  }

  private static String shown(JsonNode value) {
    return Printable.line(value.toString());
  }

  /// Refuses keys that nobody asked for.
  ///
  /// @throws UserErrorException naming the first
  public static void onlyKeys(JsonNode tree, Path file, List<String> known) {
    List<String> unknown = new ArrayList<>(tree.propertyNames());
    unknown.removeAll(known);
    if (!unknown.isEmpty()) {
      throw new UserErrorException(
          file
              + " has the unknown key \""
              + Printable.line(unknown.getFirst())
              + "\"; known are "
              + known);
    }
  }

  /// A tree as text, two spaces per level.
  public static String text(ObjectNode tree) {
    return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(tree) + "\n";
  }

  /// Writes a tree, two spaces per level, whole or not at all.
  public static void write(Path file, ObjectNode tree) {
    Disk.write(file, text(tree).getBytes(StandardCharsets.UTF_8));
  }
}
