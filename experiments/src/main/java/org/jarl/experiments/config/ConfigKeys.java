package org.jarl.experiments.config;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jarl.env.Nearest;
import org.jarl.experiments.config.ConfigNode.Block;
import org.jarl.experiments.config.ConfigNode.Entry;
import org.jspecify.annotations.Nullable;

/// The keys of a block against the components of its record: former names, unknown names, and what
/// was probably meant.
final class ConfigKeys {
  private final List<ConfigProblem> problems;
  private final List<ConfigProblem> notes = new ArrayList<>();

  /// @param problems where unknown keys are noted
  ConfigKeys(List<ConfigProblem> problems) {
    this.problems = problems;
  }

  /// Keys that were given under former names.
  List<ConfigProblem> notes() {
    return List.copyOf(notes);
  }

  /// The block with the names that its keys have now. A key under the name that it had in earlier
  /// versions is taken with a note.
  Block withPresentNames(RecordComponent[] components, Block given, String path) {
    Map<String, Entry> entries = new LinkedHashMap<>(given.entries());
    for (RecordComponent component : components) {
      String former = ConfigBinder.setting(component).formerly();
      if (former.isEmpty() || !entries.containsKey(former)) {
        continue;
      }
      String present = component.getName();
      Entry entry = entries.remove(former);
      String renamed = "\"" + former + "\"" + within(path) + " is now called \"" + present + "\"";
      if (entries.putIfAbsent(present, entry) == null) {
        notes.add(new ConfigProblem(entry.keyOrigin(), renamed));
      } else {
        problems.add(
            new ConfigProblem(
                entry.keyOrigin(), renamed + ", which is given too; delete one of them"));
      }
    }
    return new Block(entries, given.origin());
  }

  /// Names that the unknown keys were probably meant to be: those are not missing as well.
  Set<String> refuseUnknown(RecordComponent[] components, boolean typed, Block block, String path) {
    Set<String> known = new LinkedHashSet<>();
    if (typed) {
      known.add("type");
    }
    Arrays.stream(components).map(RecordComponent::getName).forEach(known::add);
    if (path.isEmpty()) {
      known.add("base");
    }
    Set<String> meant = new LinkedHashSet<>();
    block
        .entries()
        .forEach((name, entry) -> {
          if (!known.contains(name)) {
            String near = Nearest.to(name, known);
            if (near != null) {
              meant.add(near);
            }
            String hint = hint(name, known);
            problems.add(
                new ConfigProblem(
                    entry.keyOrigin(), "unknown key \"" + name + "\"" + within(path) + hint));
          }
        });
    return meant;
  }

  /// `; did you mean "gamma"?`, or the known names where nothing is near.
  static String hint(String wrong, Collection<String> known) {
    return didYouMean(Nearest.to(wrong, known), "; known: " + String.join(", ", known));
  }

  static String didYouMean(@Nullable String near, String otherwise) {
    return near == null ? otherwise : "; did you mean \"" + near + "\"?";
  }

  static String join(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  static String within(String path) {
    return path.isEmpty() ? "" : " in " + path;
  }
}
