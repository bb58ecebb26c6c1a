package org.jarl.experiments.config;

import java.util.List;
import java.util.stream.Collectors;
import org.jarl.experiments.base.UserErrorException;

/// An experiment cannot be used as it is written. The message holds every problem found, each with
/// place, rule, value, line and caret.
public final class ConfigException extends UserErrorException {
  private final int count;

  ConfigException(List<ConfigProblem> problems) {
    super(problems.stream().map(ConfigProblem::toString).collect(Collectors.joining("\n")));
    this.count = problems.size();
  }

  ConfigException(ConfigProblem problem) {
    this(List.of(problem));
  }

  /// Number of problems found, at least 1.
  public int count() {
    return count;
  }
}
