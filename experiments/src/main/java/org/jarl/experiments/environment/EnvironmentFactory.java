package org.jarl.experiments.environment;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jarl.env.Controls;
import org.jarl.env.Frame;
import org.jarl.env.Space;
import org.jarl.env.VectorEnvironment;
import org.jarl.experiments.config.EnvironmentConfig;
import org.jspecify.annotations.Nullable;

/// Makes the environments that an experiment names, wrapped as it says.
public interface EnvironmentFactory {

  /// The environment to learn in.
  ///
  /// @throws org.jarl.experiments.base.UserErrorException if there is none of this id, or it
  ///   refuses its options
  TrainingEnvironment training(EnvironmentConfig config);

  /// Copies to measure a policy in: the observations are those of training, the rewards unchanged
  /// by any wrapper.
  ///
  /// @param count copies
  /// @throws org.jarl.experiments.base.UserErrorException if there is none of this id, or it
  ///   refuses its options
  EvaluationEnvironment evaluation(EnvironmentConfig config, int count);

  /// One copy to be looked at: what a policy is measured in, with the pictures of ends kept.
  ///
  /// @throws org.jarl.experiments.base.UserErrorException if there is none of this id, or it
  ///   refuses its options
  ShownEnvironment shown(EnvironmentConfig config);

  /// How people watch and play an environment.
  ///
  /// @param actions of the environment
  Controls controls(EnvironmentConfig config, Space actions);

  /// The plug-in that an environment comes from; null for one that no jar of plug-ins brings.
  default @Nullable PluginSource plugin(EnvironmentConfig config) {
    return null;
  }

  /// A jar of plug-ins.
  ///
  /// @param jar its path
  /// @param hash SHA-256 of its bytes
  record PluginSource(String jar, String hash) {
    @Override
    public String toString() {
      return jar + " (" + hash + ")";
    }
  }

  /// An environment to look at.
  ///
  /// @param last the picture of the end of the last episode
  record ShownEnvironment(EvaluationEnvironment place, Frame last) implements AutoCloseable {
    @Override
    public void close() {
      place.close();
    }
  }

  /// The environment to learn in, and what can be seen of it from outside.
  ///
  /// @param vector whose saved state holds what the other two tell
  /// @param statistics what the wrappers that normalize observations have gathered, an array for
  ///   each, the innermost first
  record TrainingEnvironment(
      VectorEnvironment vector, Episodes episodes, Supplier<List<double[]>> statistics)
      implements AutoCloseable {
    @Override
    public void close() {
      vector.close();
    }
  }

  /// An environment to measure a policy in.
  ///
  /// @param adopt takes up what the training environment's `statistics` gave; they stay as they are
  ///   from then on
  record EvaluationEnvironment(VectorEnvironment vector, Consumer<List<double[]>> adopt)
      implements AutoCloseable {
    @Override
    public void close() {
      vector.close();
    }
  }

  /// The episodes that have ended in training. Returns are undiscounted and unclipped.
  interface Episodes {
    /// Episodes ended so far.
    long episodes();

    /// Mean return of the last 100; NaN before the first has ended.
    double meanReturn();

    /// Mean length of the last 100, in agent steps; NaN before the first has ended.
    double meanLength();
  }
}
