package org.jarl.experiments.config;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jarl.experiments.config.ConfigNode.Block;
import org.jarl.experiments.config.ConfigNode.Entry;
import org.jarl.experiments.config.ConfigNode.Refused;
import org.jarl.experiments.config.ConfigNode.Scalar;
import org.jarl.experiments.config.ConfigNode.Sequence;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/// Reads YAML text into [ConfigNode]s, from the parser's events: nothing is ever constructed from
/// what the text says, so no tag can name a class. Anchors, aliases and tags are refused.
final class ConfigText {
  private static final int MAX_DEPTH = 20;

  private final ConfigOrigin.Kind kind;
  private final String source;
  private final int shift;
  private final String shown;
  private final List<String> lines;
  private final List<ConfigProblem> problems;

  /// @param shift columns that precede the YAML text on its line
  /// @param shown what `shift` counts in: the whole text of a flag, or null for a file
  private ConfigText(
      ConfigOrigin.Kind kind,
      String source,
      int shift,
      @Nullable String shown,
      String yaml,
      List<ConfigProblem> problems) {
    this.kind = kind;
    this.source = source;
    this.shift = shift;
    this.shown = shown == null ? "" : shown;
    this.lines = yaml.lines().toList();
    this.problems = problems;
  }

  /// Reads a whole file's text.
  ///
  /// @param source the file as the user named it
  /// @param problems receives what is wrong
  /// @return null for a text without content
  static @Nullable ConfigNode ofFile(String source, String yaml, List<ConfigProblem> problems) {
    return new ConfigText(ConfigOrigin.Kind.FILE, source, 0, null, yaml, problems).read(yaml);
  }

  /// Reads the value of `key=value`.
  static @Nullable ConfigNode ofFlag(String flag, List<ConfigProblem> problems) {
    int shift = flag.indexOf('=') + 1;
    String yaml = flag.substring(shift);
    return new ConfigText(ConfigOrigin.Kind.FLAG, flag, shift, flag, yaml, problems).read(yaml);
  }

  /// Reads a default, which is known to be right.
  ///
  /// @throws IllegalStateException if it is not
  static ConfigNode ofDefault(String yaml) {
    List<ConfigProblem> problems = new ArrayList<>();
    ConfigNode node =
        new ConfigText(ConfigOrigin.Kind.DEFAULT, yaml, 0, null, yaml, problems).read(yaml);
    if (node == null || !problems.isEmpty()) {
      throw new IllegalStateException("the default " + yaml + " is not valid YAML: " + problems);
    }
    return node;
  }

  private @Nullable ConfigNode read(String yaml) {
    try {
      Iterator<Event> events =
          new Parse(LoadSettings.builder().setUseMarks(true).build()).parseString(yaml).iterator();
      events.next(); // the start of the stream
      if (events.next().getEventId() == Event.ID.StreamEnd) {
        return null;
      }
      ConfigNode root = node(events, events.next(), 0);
      events.next(); // the end of the document
      Event after = events.next();
      if (after.getEventId() != Event.ID.StreamEnd) {
        problem(
            after.getStartMark(),
            "an experiment is one YAML document; delete what follows this line or move it to a"
                + " file of its own");
      }
      return root;
    } catch (MarkedYamlEngineException e) {
      problem(e.getProblemMark(), "not valid YAML: " + e.getProblem());
    } catch (ReaderException e) {
      problem(
          Optional.empty(),
          "holds the character U+%04X at position %d, which YAML does not allow"
              .formatted(e.getCodePoint(), e.getPosition() + 1));
    } catch (YamlEngineException e) {
      problem(Optional.empty(), "not valid YAML: " + e.getMessage());
    }
    return new Refused(origin(Optional.empty()));
  }

  private ConfigNode node(Iterator<Event> events, Event event, int depth) {
    if (depth > MAX_DEPTH) {
      throw new YamlEngineException("blocks and lists are nested more than 20 deep");
    }
    boolean tagged = refuseReferences(event);
    ConfigOrigin origin = origin(event.getStartMark());
    ConfigNode node =
        switch (event) {
          case ScalarEvent scalar -> new Scalar(scalar.getValue(), !scalar.isPlain(), origin);
          case AliasEvent _ -> new Refused(origin);
          case MappingStartEvent _ -> block(events, origin, depth);
          default -> sequence(events, origin, depth);
        };
    return tagged ? new Refused(origin) : node;
  }

  /// Whether the event has a tag, which leaves no value behind.
  private boolean refuseReferences(Event event) {
    if (event instanceof AliasEvent alias) {
      problem(
          event.getStartMark(),
          "aliases (*" + alias.getAlias() + ") are not allowed; write the value itself");
    } else if (event instanceof NodeEvent node && node.getAnchor().isPresent()) {
      problem(
          event.getStartMark(),
          "anchors (&" + node.getAnchor().get() + ") are not allowed; write the value itself");
    }
    Optional<String> tag =
        switch (event) {
          case ScalarEvent scalar -> scalar.getTag();
          case CollectionStartEvent collection -> collection.getTag();
          default -> Optional.empty();
        };
    if (tag.isPresent()) {
      problem(event.getStartMark(), "tags (" + tag.get() + ") are not allowed; delete the tag");
    }
    return tag.isPresent();
  }

  private Sequence sequence(Iterator<Event> events, ConfigOrigin origin, int depth) {
    List<ConfigNode> items = new ArrayList<>();
    Event event = events.next();
    while (event.getEventId() != Event.ID.SequenceEnd) {
      items.add(node(events, event, depth + 1));
      event = events.next();
    }
    return new Sequence(items, origin);
  }

  private Block block(Iterator<Event> events, ConfigOrigin origin, int depth) {
    Map<String, Entry> entries = new LinkedHashMap<>();
    Event event = events.next();
    while (event.getEventId() != Event.ID.MappingEnd) {
      ConfigNode key = node(events, event, depth + 1);
      ConfigNode value = node(events, events.next(), depth + 1);
      if (!(key instanceof Scalar(String name, boolean _, ConfigOrigin _))) {
        problems.add(new ConfigProblem(key.origin(), "a key must be a name, got " + key.shown()));
      } else if (entries.containsKey(name)) {
        ConfigOrigin first = entries.get(name).keyOrigin();
        problems.add(
            new ConfigProblem(
                key.origin(),
                "duplicate key \"%s\"; it is already given on line %d"
                    .formatted(name, first.line())));
      } else {
        entries.put(name, new Entry(key.origin(), value));
      }
      event = events.next();
    }
    return new Block(entries, origin);
  }

  private void problem(Optional<Mark> at, String message) {
    problems.add(new ConfigProblem(origin(at), message));
  }

  private ConfigOrigin origin(Optional<Mark> at) {
    int line = at.map(Mark::getLine).orElse(-1);
    int column = at.map(Mark::getColumn).orElse(0);
    if (kind == ConfigOrigin.Kind.FLAG) {
      return new ConfigOrigin(kind, source, 1, shift + column + 1, shown);
    }
    String text = line >= 0 && line < lines.size() ? lines.get(line) : "";
    return new ConfigOrigin(kind, source, line + 1, line < 0 ? 0 : column + 1, text);
  }
}
