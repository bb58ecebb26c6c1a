package org.jarl.experiments.config;

import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jarl.agents.AgentConfig;
import org.jarl.agents.config.Shorthand;

/// Which records stand for which `type` in a file: the agents by their registered names, the
/// members of a sealed interface by their own names in kebab case.
///
/// @param agents record by the name of the algorithm
public record ConfigTypes(Map<String, Class<? extends AgentConfig>> agents) {

  public ConfigTypes {
    agents = Map.copyOf(agents);
  }

  /// The records that `type` chooses from, by name; empty where the type is not a choice.
  Map<String, Class<?>> choices(Type type) {
    Map<String, Class<?>> byName = new LinkedHashMap<>();
    if (type == AgentConfig.class) {
      agents.keySet().stream().sorted().forEach(name -> byName.put(name, agents.get(name)));
    } else if (type instanceof Class<?> raw && raw.isSealed()) {
      for (Class<?> member : raw.getPermittedSubclasses()) {
        if (member.isRecord()) {
          byName.put(nameIn(raw, member), member);
        }
      }
    }
    return byName;
  }

  /// The `type` that a file gives for a record; empty where there is no choice.
  Optional<String> nameOf(Class<?> record) {
    Optional<String> agent =
        agents.entrySet().stream()
            .filter(entry -> entry.getValue() == record)
            .map(Map.Entry::getKey)
            .findFirst();
    return agent.or(() ->
        Arrays.stream(record.getInterfaces())
            .filter(Class::isSealed)
            .findFirst()
            .map(family -> nameIn(family, record)));
  }

  /// A member's own name in kebab case, without the last word of its family's where it ends with
  /// that: `ExpectationHead` of `ValueHead` is `expectation`.
  private static String nameIn(Class<?> family, Class<?> member) {
    String name = kebab(member.getSimpleName());
    String last = kebab(family.getSimpleName()).replaceAll(".*-", "-");
    return name.endsWith(last) ? name.substring(0, name.length() - last.length()) : name;
  }

  /// The member of a sealed type that its value alone may stand for; empty where there is none.
  Optional<Class<?>> shorthand(Type type) {
    return choices(type).values().stream().filter(ConfigTypes::isShorthand).findFirst();
  }

  /// Whether the only value of such a record may stand for it.
  static boolean isShorthand(Class<?> record) {
    return record.isAnnotationPresent(Shorthand.class);
  }

  /// `TimeLimit` and `TIME_LIMIT` become `time-limit`.
  public static String kebab(String name) {
    return name.replace('_', '-')
        .replaceAll("(?<=[a-z0-9])(?=[A-Z])", "-")
        .toLowerCase(Locale.ROOT);
  }
}
