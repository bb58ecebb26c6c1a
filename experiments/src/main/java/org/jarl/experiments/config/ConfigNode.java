package org.jarl.experiments.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jarl.env.Printable;

/// A piece of an experiment file as it was written, each part with its origin.
sealed interface ConfigNode {

  /// Where it begins.
  ConfigOrigin origin();

  /// What a message calls it: the value itself, or its kind.
  String shown();

  /// Text, number, truth or nothing: what it is depends on the setting it is given to.
  ///
  /// @param quoted true for text in quotes, which is never a number
  record Scalar(String text, boolean quoted, ConfigOrigin origin) implements ConfigNode {

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
    public String shown() {
      return "a list";
    }
  }

  /// Keys with values, in the order of the file.
  record Block(Map<String, Entry> entries, ConfigOrigin origin) implements ConfigNode {
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
