package org.jarl.env.check;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jarl.env.Printable;
import org.jarl.env.check.EnvironmentChecker.Finding;
import org.jarl.env.check.EnvironmentChecker.Rule;

/// Collects what the checker finds: the first finding of each rule, since what follows from one
/// fault only hides it.
final class CheckReport {
  private final Map<Rule, Finding> findings = new EnumMap<>(Rule.class);

  void add(Rule rule, String message) {
    findings.putIfAbsent(rule, new Finding(rule, Printable.lines(message)));
  }

  boolean has(Rule rule) {
    return findings.containsKey(rule);
  }

  List<Finding> findings() {
    return List.copyOf(findings.values());
  }
}
