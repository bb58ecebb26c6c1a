package org.jarl.experiments.config;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jarl.agents.AgentConfig;
import org.jarl.agents.config.Setting;
import org.jarl.experiments.config.ConfigNode.Block;
import org.jarl.experiments.config.ConfigNode.Entry;
import org.jarl.experiments.config.ConfigNode.Scalar;
import org.jarl.experiments.config.ConfigNode.Sequence;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// Writes the JSON Schema (2020-12) of experiment files from the records, for editors: completion,
/// meanings on hover, and a red line under a wrong key before anything runs.
public final class ConfigSchema {
  private final ConfigTypes types;

  private ConfigSchema(ConfigTypes types) {
    this.types = types;
  }

  /// The schema, indented, the same bytes for the same records.
  public static String of(Map<String, Class<? extends AgentConfig>> agents) {
    Map<String, Object> schema = new ConfigSchema(new ConfigTypes(agents)).root();
    return JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build()
            .writeValueAsString(schema)
            .replace("\r\n", "\n")
        + "\n";
  }

  private Map<String, Object> root() {
    Map<String, Object> schema = new LinkedHashMap<>();
    schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
    schema.put("title", "Jarl experiment");
    Map<String, Object> properties = new LinkedHashMap<>();
    properties.put(
        "base",
        ordered(
            "description",
            "a file, relative to this one, that gives every key absent here",
            "type",
            "string"));
    properties.putAll(properties(Experiment.class, false));
    schema.put("type", "object");
    schema.put("properties", properties);
    schema.put("additionalProperties", false);
    // A file with a base may leave out what the base gives; any other must be whole.
    schema.put("if", Map.of("required", List.of("base")));
    schema.put("else", required());
    return schema;
  }

  private static Map<String, Object> required() {
    Map<String, Object> inner = new LinkedHashMap<>();
    List<String> names = new ArrayList<>();
    for (RecordComponent component : Experiment.class.getRecordComponents()) {
      if (setting(component).defaultValue().isEmpty()) {
        names.add(component.getName());
        inner.put(component.getName(), Map.of("required", requiredKeys(component.getType())));
      }
    }
    return ordered("required", names, "properties", inner);
  }

  private static List<String> requiredKeys(Class<?> type) {
    List<String> names = new ArrayList<>();
    if (!type.isRecord()) {
      names.add("type");
      return names;
    }
    for (RecordComponent component : type.getRecordComponents()) {
      if (setting(component).defaultValue().isEmpty()) {
        names.add(component.getName());
      }
    }
    return names;
  }

  private Map<String, Object> properties(Class<?> type, boolean strict) {
    Map<String, Object> properties = new LinkedHashMap<>();
    for (RecordComponent component : type.getRecordComponents()) {
      Setting setting = setting(component);
      Map<String, Object> schema = new LinkedHashMap<>();
      schema.put("description", setting.meaning());
      schema.putAll(schema(component.getGenericType(), strict));
      if (setting.oneOf().length > 0) {
        schema.put("enum", List.of(setting.oneOf()));
      }
      if (!setting.defaultValue().isEmpty()) {
        Class<?> raw = component.getType();
        schema.put("default", json(ConfigText.ofDefault(setting.defaultValue()), raw));
      }
      properties.put(component.getName(), schema);
    }
    return properties;
  }

  /// @param strict whether required keys are demanded here; blocks that a base can complete leave
  ///   that to the root
  private Map<String, Object> schema(Type type, boolean strict) {
    Map<String, Class<?>> choices = types.choices(type);
    if (!choices.isEmpty()) {
      List<Object> members = new ArrayList<>();
      types
          .shorthand(type)
          .map(record -> record.getRecordComponents()[0].getGenericType())
          .ifPresent(alone -> members.add(schema(alone, strict)));
      choices.forEach(
          (name, record) -> members.add(object(record, name, strict || type != AgentConfig.class)));
      return ordered("anyOf", members);
    }
    if (type instanceof ParameterizedType list && list.getRawType() == List.class) {
      return ordered("type", "array", "items", schema(list.getActualTypeArguments()[0], true));
    }
    Class<?> raw = type instanceof Class<?> known ? known : Map.class;
    if (raw.isRecord()) {
      return object(raw, "", strict);
    }
    if (raw.isEnum()) {
      return ordered("enum", ConfigScalars.names(raw));
    }
    return ordered("type", jsonType(raw));
  }

  private Map<String, Object> object(Class<?> record, String typeName, boolean strict) {
    Map<String, Object> properties = new LinkedHashMap<>();
    List<String> required = new ArrayList<>();
    if (!typeName.isEmpty()) {
      properties.put("type", Map.of("const", typeName));
      required.add("type");
    }
    properties.putAll(properties(record, strict));
    required.addAll(requiredKeys(record));
    Map<String, Object> schema =
        ordered("type", "object", "properties", properties, "additionalProperties", false);
    if (strict) {
      schema.put("required", required);
    }
    return schema;
  }

  private static String jsonType(Class<?> type) {
    if (type == Map.class) {
      return "object";
    }
    return switch (ConfigScalars.noun(type)) {
      case "a whole number" -> "integer";
      case "a number" -> "number";
      case "true or false" -> "boolean";
      default -> "string";
    };
  }

  private static Object json(ConfigNode node, Class<?> type) {
    return switch (node) {
      case Block block -> {
        Map<String, Object> values = new LinkedHashMap<>();
        for (Map.Entry<String, Entry> entry : block.entries().entrySet()) {
          values.put(entry.getKey(), json(entry.getValue().value(), Object.class));
        }
        yield values;
      }
      case Sequence list -> list.items().stream().map(item -> json(item, Object.class)).toList();
      case Scalar scalar -> scalar(scalar, type);
      case ConfigNode.Refused _ -> throw new IllegalStateException("a default was refused");
    };
  }

  private static Object scalar(Scalar scalar, Class<?> type) {
    List<Class<?>> guesses =
        ConfigScalars.knows(type) && !type.isEnum()
            ? List.of(type)
            : List.of(long.class, double.class, boolean.class, String.class);
    for (Class<?> guess : guesses) {
      try {
        Object value = ConfigScalars.read(guess, scalar);
        return value instanceof Float number ? Double.valueOf(number.toString()) : value;
      } catch (ConfigScalars.Refusal _) {
        // The next class may take it; text takes everything.
      }
    }
    throw new IllegalStateException("the default " + scalar.text() + " is no " + type);
  }

  private static Setting setting(RecordComponent component) {
    return ConfigBinder.setting(component);
  }

  private static Map<String, Object> ordered(Object... keysAndValues) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      map.put(keysAndValues[i].toString(), keysAndValues[i + 1]);
    }
    return map;
  }
}
