package org.jarl.experiments.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jarl.env.Printable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// A piece of an experiment file as it was written, each part with its origin.
sealed interface ConfigNode {

  /// Where it begins.
  ConfigOrigin origin();

  /// What a message calls it: the value itself, or its kind.
  String shown();

  /// The same as JSON: a plain scalar is a number, a truth or nothing where it reads as one.
  JsonNode json();

  /// Text, number, truth or nothing: what it is depends on the setting it is given to.
  ///
  /// @param quoted true for text in quotes, which is never a number
  record Scalar(String text, boolean quoted, ConfigOrigin origin) implements ConfigNode {
    private static final Pattern WHOLE = Pattern.compile("-?(0|[1-9]\\d{0,17})");
    private static final Pattern NUMBER =
        Pattern.compile("-?(0|[1-9]\\d{0,99})(\\.\\d{0,99})?([eE][-+]?\\d{1,9})?");

    @Override
    public JsonNode json() {
      JsonNodeFactory nodes = JsonNodeFactory.instance;
      if (isNull()) {
        return nodes.nullNode();
      }
      if (!quoted && (text.equals("true") || text.equals("false"))) {
        return nodes.booleanNode(text.equals("true"));
      }
      if (!quoted && WHOLE.matcher(text).matches()) {
        long number = Long.parseLong(text);
        return number == (int) number ? nodes.numberNode((int) number) : nodes.numberNode(number);
      }
      if (!quoted && NUMBER.matcher(text).matches()) {
        return nodes.numberNode(Double.parseDouble(text));
      }
      return nodes.stringNode(text);
    }

    /// Whether the file gives a key without a value.
    boolean isNull() {
      return !quoted && (text.isEmpty() || text.equals("~") || text.equals("null"));
    }

    @Override
    public String shown() {
      String printable = Printable.line(text);
      return quoted ? "text \"" + printable + "\"" : isNull() ? "nothing" : printable;
    }
  }

  /// Something that was refused already: whoever meets it says no more of it.
  record Refused(ConfigOrigin origin) implements ConfigNode {
    @Override
    public JsonNode json() {
      return JsonNodeFactory.instance.nullNode();
    }

    @Override
    public String shown() {
      return "something refused";
    }
  }

  /// A list.
  record Sequence(List<ConfigNode> items, ConfigOrigin origin) implements ConfigNode {
    public Sequence {
      items = List.copyOf(items);
    }

    @Override
    public JsonNode json() {
      ArrayNode array = JsonNodeFactory.instance.arrayNode();
      items.forEach(item -> array.add(item.json()));
      return array;
    }

    @Override
    public String shown() {
      return "a list";
    }
  }

  /// Keys with values, in the order of the file.
  record Block(Map<String, Entry> entries, ConfigOrigin origin) implements ConfigNode {
    @Override
    public JsonNode json() {
      ObjectNode object = JsonNodeFactory.instance.objectNode();
      entries.forEach((key, entry) -> object.set(key, entry.value.json()));
      return object;
    }

    @Override
    public String shown() {
      return "a block of keys";
    }

    /// This block with the keys of `over` laid on it, blocks within blocks too. A block that names
    /// another `type` replaces the whole old one: its keys belong to something else.
    Block under(Block over) {
      Map<String, Entry> merged = new LinkedHashMap<>(entries);
      over.entries.forEach((key, entry) -> merged.merge(key, entry, Block::merged));
      return new Block(merged, over.origin);
    }

    private static Entry merged(Entry below, Entry above) {
      return below.value instanceof Block old
              && above.value instanceof Block next
              && sameType(old, next)
          ? new Entry(above.keyOrigin, old.under(next))
          : above;
    }

    private static boolean sameType(Block old, Block next) {
      Entry type = next.entries.get("type");
      Entry oldType = old.entries.get("type");
      return type == null || oldType == null || type.value.shown().equals(oldType.value.shown());
    }
  }

  /// A key and its value.
  ///
  /// @param keyOrigin where the key stands
  record Entry(ConfigOrigin keyOrigin, ConfigNode value) {}
}
