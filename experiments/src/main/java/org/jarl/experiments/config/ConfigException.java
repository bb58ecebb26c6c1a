package org.jarl.experiments.config;

import java.util.List;
import java.util.stream.Collectors;
import org.jarl.experiments.base.UserErrorException;

/// An experiment cannot be used as it is written. The message holds the problems found, at most 50
/// of them, each with place, rule, value, line and caret.
public final class ConfigException extends UserErrorException {
  private static final int MOST_TOLD = 50;

  private final int count;

  ConfigException(List<ConfigProblem> problems) {
    super(message(problems));
    this.count = problems.size();
  }

  private static String message(List<ConfigProblem> problems) {
    String told =
        problems.stream()
            .limit(MOST_TOLD)
            .map(ConfigProblem::toString)
            .collect(Collectors.joining("\n"));
    return problems.size() <= MOST_TOLD
        ? told
        : told + "\nand " + (problems.size() - MOST_TOLD) + " more problems";
  }

  ConfigException(ConfigProblem problem) {
    this(List.of(problem));
  }

  /// Number of problems found, at least 1.
  public int count() {
    return count;
  }
}
