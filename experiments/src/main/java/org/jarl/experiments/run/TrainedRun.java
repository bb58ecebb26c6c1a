package org.jarl.experiments.run;

import java.nio.file.Path;
import org.jarl.experiments.environment.SuppliedEnvironment;
import org.jspecify.annotations.Nullable;

/// A run that [Trainer#train] has ended.
public final class TrainedRun {
  private final Path folder;
  private final long agentSteps;
  private final @Nullable Summary summary;
  private final @Nullable SuppliedEnvironment supplied;

  TrainedRun(
      Path folder,
      long agentSteps,
      @Nullable Summary summary,
      @Nullable SuppliedEnvironment supplied) {
    this.folder = folder;
    this.agentSteps = agentSteps;
    this.summary = summary;
    this.supplied = supplied;
  }

  /// The run folder; its `policy` folder can be loaded anywhere by [TrainedPolicy#load].
  public Path folder() {
    return folder;
  }

  /// Agent steps taken.
  public long agentSteps() {
    return agentSteps;
  }

  /// What came out; null when the run was stopped before its end.
  public @Nullable Summary summary() {
    return summary;
  }

  /// The policy that was learned. The caller closes it.
  public TrainedPolicy policy() {
    return TrainedPolicy.load(folder.resolve("policy"), supplied);
  }
}
