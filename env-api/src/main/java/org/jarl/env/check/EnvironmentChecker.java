package org.jarl.env.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jarl.env.Environment;
import org.jarl.env.EnvironmentProvider;
import org.jarl.env.Environments;

/// Finds out whether an environment keeps the contract of [Environment], and says which rule it
/// breaks, where, and with which values.
///
/// It drives several instances with random legal actions: alone, side by side, from other threads,
/// reset within episodes, saved and loaded. A plug-in's test is one line:
///
///     EnvironmentChecker.requireValid("acme/maze-v0", Maze::new);
public final class EnvironmentChecker {

  private EnvironmentChecker() {}

  /// How much a finding matters.
  public enum Severity {
    /// The contract is broken: results of learning would be wrong or could not be repeated.
    ERROR,
    /// It works, but something is probably not meant.
    WARNING,
    /// Something worth knowing.
    NOTE
  }

  /// What is looked at.
  public enum Rule {
    /// Ids are `family/name-vN`, and the provider lists those it creates.
    ID(Severity.ERROR),
    /// Every call of the factory creates another environment.
    CREATE(Severity.ERROR),
    /// The spec is there and never changes.
    SPEC(Severity.ERROR),
    /// A reset does not throw.
    RESET_THROWS(Severity.ERROR),
    /// A step with a legal action does not throw.
    STEP_THROWS(Severity.ERROR),
    /// Every element of an observation is written by every reset and step.
    OBSERVATION_WRITTEN(Severity.ERROR),
    /// Observations are finite.
    OBSERVATION_FINITE(Severity.ERROR),
    /// Observations are within the bounds of their space.
    OBSERVATION_BOUNDS(Severity.ERROR),
    /// An observation is written during the call that passes it, and only then.
    OBSERVATION_KEPT(Severity.ERROR),
    /// Where the spec declares stacking, frames move up by one from step to step, and every episode
    /// begins with nothing but its first and the padding.
    STACKING(Severity.ERROR),
    /// Rewards are finite.
    REWARD_FINITE(Severity.ERROR),
    /// A step terminates or truncates, not both.
    ONE_END(Severity.ERROR),
    /// A life is lost only by a step that terminates.
    LIFE_LOST(Severity.ERROR),
    /// While an episode goes on, at least one action is legal.
    MASK_EMPTY(Severity.ERROR),
    /// The mask of a step is what `legalActions` says of the state after it.
    MASK_AGREES(Severity.ERROR),
    /// Two instances with equal seeds and actions behave equally.
    DETERMINISTIC(Severity.ERROR),
    /// An instance behaves the same whatever other instances do.
    SHARED_STATE(Severity.ERROR),
    /// The random stream of a call is used during that call only.
    RANDOM_KEPT(Severity.ERROR),
    /// An instance behaves the same whichever thread calls it.
    ANY_THREAD(Severity.ERROR),
    /// A reset at any time forgets everything before it.
    RESET_ANYTIME(Severity.ERROR),
    /// A saved state holds everything, and saving changes nothing.
    SAVE_LOAD(Severity.ERROR),
    /// Drawing changes nothing and gives the same picture twice.
    RENDER(Severity.ERROR),
    /// Closing does not throw, not even twice.
    CLOSE(Severity.ERROR),
    /// The description is complete.
    DESCRIPTION(Severity.ERROR),
    /// Described options are accepted with their defaults, other names and types are refused.
    OPTIONS(Severity.ERROR),
    /// A provider's batch agrees with single environments bit for bit.
    BATCH(Severity.ERROR),
    /// Episodes end, or the spec has a time limit.
    EPISODE_ENDS(Severity.WARNING),
    /// Steps create no garbage.
    ALLOCATION(Severity.WARNING),
    /// How fast it is.
    SPEED(Severity.NOTE);

    private final Severity severity;

    Rule(Severity severity) {
      this.severity = severity;
    }

    /// How much it matters.
    public Severity severity() {
      return severity;
    }

    /// The name in reports, for example `observation-written`.
    public String id() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /// One thing that was found.
  ///
  /// @param message what happened, where and with which values
  public record Finding(Rule rule, String message) {
    @Override
    public String toString() {
      return rule.id() + ": " + message;
    }
  }

  /// Checks environments that a factory creates.
  ///
  /// @param id what they are called
  /// @param factory must create a new one on every call
  /// @return at most one finding per rule, in the order of the rules; those that are no errors too
  public static List<Finding> check(String id, Supplier<? extends Environment> factory) {
    CheckReport report = new CheckReport();
    checkId(id, report);
    new EnvironmentChecks(factory, report).run();
    return report.findings();
  }

  /// Checks one environment of a provider: as [#check(String, Supplier)], and its description, its
  /// options and its batch.
  ///
  /// @param id one of the provider's
  /// @return at most one finding per rule, in the order of the rules; those that are no errors too
  public static List<Finding> check(EnvironmentProvider provider, String id) {
    CheckReport report = new CheckReport();
    checkId(id, report);
    new ProviderChecks(provider, id, report).run();
    return report.findings();
  }

  /// Checks a registered environment, see [#check(EnvironmentProvider, String)].
  ///
  /// @throws IllegalArgumentException if there is no such environment, naming the nearest
  public static List<Finding> check(Environments environments, String id) {
    return check(environments.provider(id), id);
  }

  private static void checkId(String id, CheckReport report) {
    if (!Environments.isId(id)) {
      report.add(Rule.ID, Environments.idRule(id));
    }
  }

  /// The findings that are errors.
  public static List<Finding> errors(List<Finding> findings) {
    return findings.stream().filter(f -> f.rule().severity() == Severity.ERROR).toList();
  }

  /// Checks environments and refuses broken ones; for tests.
  ///
  /// @throws IllegalArgumentException naming every broken rule
  public static void requireValid(String id, Supplier<? extends Environment> factory) {
    requireNone(id, errors(check(id, factory)));
  }

  /// Checks every environment of a provider and refuses broken ones; for tests.
  ///
  /// @throws IllegalArgumentException naming every broken rule of the first broken environment
  public static void requireValid(EnvironmentProvider provider) {
    for (String id : provider.ids()) {
      requireNone(id, errors(check(provider, id)));
    }
  }

  private static void requireNone(String id, List<Finding> errors) {
    if (!errors.isEmpty()) {
      List<String> lines = new ArrayList<>();
      errors.forEach(finding -> lines.add("  " + finding));
      throw new IllegalArgumentException(
          "environment \"%s\" breaks %d %s:\n%s"
              .formatted(
                  id,
                  errors.size(),
                  errors.size() == 1 ? "rule" : "rules",
                  String.join("\n", lines)));
    }
  }
}
