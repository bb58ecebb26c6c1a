package org.jarl.env.check;

import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jarl.env.ActionBatch;
import org.jarl.env.Environment;
import org.jarl.env.EnvironmentProvider;
import org.jarl.env.EnvironmentProvider.Description;
import org.jarl.env.EnvironmentProvider.Option;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.MemoryState;
import org.jarl.env.Printable;
import org.jarl.env.RandomStream;
import org.jarl.env.Space;
import org.jarl.env.StepBatch;
import org.jarl.env.ThreadedVectorEnvironment;
import org.jarl.env.VectorEnvironment;
import org.jarl.env.check.EnvironmentChecker.Rule;
import org.jspecify.annotations.Nullable;

/// The checks of what a provider adds to its environments: ids, description, options, batch. Used
/// once, by one thread.
final class ProviderChecks {
  private static final String NO_OPTION = "noSuchOption";
  private static final int BATCH_COUNT = 5;
  private static final int BATCH_STEPS = 500;
  private static final long SEED = 1;

  private final EnvironmentProvider provider;
  private final String id;
  private final CheckReport report;

  ProviderChecks(EnvironmentProvider provider, String id, CheckReport report) {
    this.provider = provider;
    this.id = id;
    this.report = report;
  }

  void run() {
    if (!listsId()) {
      return;
    }
    List<Option> options = checkDescription();
    new EnvironmentChecks(() -> provider.create(id, Map.of()), report).run();
    if (report.has(Rule.CREATE)) {
      return;
    }
    checkOptions(options);
    if (EnvironmentChecker.errors(report.findings()).isEmpty()) {
      checkBatch();
    }
  }

  private boolean listsId() {
    try {
      List<String> ids = provider.ids();
      if (ids.contains(id)) {
        return true;
      }
      report.add(Rule.ID, "the provider does not list \"%s\" but %s".formatted(id, ids));
    } catch (Throwable e) {
      report.add(Rule.ID, "ids threw " + Printable.of(e));
    }
    return false;
  }

  private List<Option> checkDescription() {
    Description description;
    try {
      description = provider.describe(id);
    } catch (Throwable e) {
      report.add(Rule.DESCRIPTION, "describe threw " + Printable.of(e));
      return List.of();
    }
    if (description == null) {
      report.add(Rule.DESCRIPTION, "describe returned null");
      return List.of();
    }
    if (isBlank(description.summary()) || isBlank(description.details())) {
      report.add(
          Rule.DESCRIPTION,
          "summary and details must say something, got \"%s\" and \"%s\""
              .formatted(description.summary(), description.details()));
    }
    Set<String> names = new HashSet<>();
    for (Option option : description.options()) {
      if (option.name() == null || option.defaultValue() == null) {
        report.add(
            Rule.OPTIONS,
            "every option must have a name and a default, got " + Printable.of((Object) option));
        return List.of();
      }
      if (!names.add(option.name())) {
        report.add(Rule.OPTIONS, "option \"" + option.name() + "\" is described twice");
      }
      boolean known =
          switch (option.defaultValue()) {
            case Boolean _, Integer _, Double _, String _ -> true;
            default -> false;
          };
      if (!known) {
        report.add(
            Rule.OPTIONS,
            "the default of option \"%s\" must be a Boolean, Integer, Double or String, got %s"
                .formatted(option.name(), option.defaultValue().getClass().getName()));
      }
    }
    return description.options();
  }

  private static boolean isBlank(@Nullable String text) {
    return text == null || text.isBlank();
  }

  private void checkOptions(List<Option> options) {
    Map<String, Object> defaults = new LinkedHashMap<>();
    options.forEach(option -> defaults.put(option.name(), option.defaultValue()));
    EnvironmentSpec withoutOptions = specWith(Map.of());
    EnvironmentSpec withDefaults = specWith(defaults);
    if (withDefaults == null) {
      report.add(Rule.OPTIONS, "create refused the described defaults " + defaults);
    } else if (!withDefaults.equals(withoutOptions)) {
      report.add(
          Rule.OPTIONS,
          "the described defaults %s give another spec than no options: %s and %s"
              .formatted(defaults, withDefaults, withoutOptions));
    }
    if (specWith(Map.of(NO_OPTION, 1)) != null) {
      report.add(
          Rule.OPTIONS,
          "create accepted the unknown option \"%s\"; read options through Options.of"
              .formatted(NO_OPTION));
    }
    for (Option option : options) {
      Object wrong = option.defaultValue() instanceof String ? 1 : "text";
      if (specWith(Map.of(option.name(), wrong)) != null) {
        report.add(
            Rule.OPTIONS,
            "create accepted %s for option \"%s\", whose default is %s"
                .formatted(wrong, option.name(), option.defaultValue()));
      }
    }
  }

  /// The spec that options give, or null when they are refused.
  private @Nullable EnvironmentSpec specWith(Map<String, Object> options) {
    try (Environment environment = provider.create(id, options)) {
      return environment.spec();
    } catch (IllegalArgumentException _) {
      return null;
    } catch (Throwable e) {
      report.add(
          Rule.OPTIONS,
          "create must refuse options with IllegalArgumentException; %s made it throw %s"
              .formatted(options, Printable.of(e)));
      return null;
    }
  }

  private void checkBatch() {
    try (VectorEnvironment batch = provider.createBatch(id, Map.of(), BATCH_COUNT)) {
      if (batch != null) {
        try (VectorEnvironment single =
            new ThreadedVectorEnvironment(
                id, () -> provider.create(id, Map.of()), BATCH_COUNT, 1)) {
          compare(single, batch);
        }
      }
    } catch (Throwable e) {
      report.add(Rule.BATCH, "the batch threw " + Printable.of(e));
    }
  }

  private void compare(VectorEnvironment single, VectorEnvironment batch) {
    if (!single.spec().equals(batch.spec()) || batch.count() != BATCH_COUNT) {
      report.add(
          Rule.BATCH,
          "the batch has %d copies of %s, asked for were %d of %s"
              .formatted(batch.count(), batch.spec(), BATCH_COUNT, single.spec()));
      return;
    }
    ActionBatch actions = new ActionBatch(single.spec().actionSpace(), BATCH_COUNT);
    RandomStream random = RandomStream.of(SEED, "checker");
    StepBatch expected = single.reset(SEED);
    StepBatch actual = batch.reset(SEED);
    byte[] saved = {};
    for (int step = 1; step <= BATCH_STEPS; step++) {
      for (int copy = 0; copy < BATCH_COUNT; copy++) {
        if (actual.lifeLost()[copy] && !actual.terminated()[copy]) {
          report.add(
              Rule.LIFE_LOST,
              "copy %d of the batch lost a life after %d steps without terminating"
                  .formatted(copy, step - 1));
          return;
        }
      }
      String difference = difference(expected, actual);
      if (difference != null) {
        report.add(
            Rule.BATCH,
            "the batch differs from single environments after %d steps: %s"
                .formatted(step - 1, difference));
        return;
      }
      if (step == BATCH_STEPS / 3) {
        saved = MemoryState.save(batch);
      } else if (step == BATCH_STEPS / 3 + 1) {
        // Back by one step and the same step again: what is not saved shows from here on.
        MemoryState.load(saved, batch);
        actual = batch.step(actions);
      }
      choose(actions, expected, random);
      expected = single.step(actions);
      actual = batch.step(actions);
    }
  }

  private static void choose(ActionBatch actions, StepBatch now, RandomStream random) {
    for (int copy = 0; copy < actions.count(); copy++) {
      for (int i = 0; i < actions.size(); i++) {
        int at = copy * actions.size() + i;
        switch (actions.space()) {
          case Space.Discrete(int n) -> {
            int index = random.nextInt(n);
            while (now.legalActions().length != 0 && !now.legalActions()[copy * n + index]) {
              index = (index + 1) % n;
            }
            actions.indices()[at] = index;
          }
          case Space.MultiDiscrete(List<Integer> sizes) ->
              actions.indices()[at] = random.nextInt(sizes.get(i));
          case Space.Box _ -> actions.values()[at] = random.nextFloat(-2, 2);
        }
      }
    }
  }

  private static @Nullable String difference(StepBatch expected, StepBatch actual) {
    long at = expected.observations().mismatch(actual.observations());
    if (at >= 0) {
      return "observations, from byte " + at;
    }
    int count = expected.rewards().length;
    long row = expected.observations().byteSize() / count;
    for (int i = 0; i < count; i++) {
      if (Float.floatToIntBits(expected.rewards()[i])
          != Float.floatToIntBits(actual.rewards()[i])) {
        return "the reward of copy %d is %s, of the batch %s"
            .formatted(i, expected.rewards()[i], actual.rewards()[i]);
      }
      if (Float.floatToIntBits(expected.scores()[i]) != Float.floatToIntBits(actual.scores()[i])) {
        return "the score of copy %d is %s, of the batch %s"
            .formatted(i, expected.scores()[i], actual.scores()[i]);
      }
      if (expected.terminated()[i] != actual.terminated()[i]
          || expected.truncated()[i] != actual.truncated()[i]
          || expected.lifeLost()[i] != actual.lifeLost()[i]) {
        return "the end of the episode of copy " + i;
      }
      if (expected.ended(i)
          && expected
                  .finalObservations()
                  .asSlice(i * row, row)
                  .mismatch(actual.finalObservations().asSlice(i * row, row))
              >= 0) {
        return "the final observation of copy " + i;
      }
      int choices = expected.finalLegalActions().length / count;
      if (expected.ended(i)
          && !Arrays.equals(
              expected.finalLegalActions(),
              i * choices,
              (i + 1) * choices,
              actual.finalLegalActions(),
              i * choices,
              (i + 1) * choices)) {
        return "the final legal actions of copy " + i;
      }
    }
    return Arrays.equals(expected.legalActions(), actual.legalActions()) ? null : "legal actions";
  }
}
