package org.jarl.agents;

import org.jarl.nn.Variables;

/// Learning produced a number that is not finite.
public final class DivergedException extends RuntimeException {
  /// The reason to stop.
  ///
  /// @param message names the tensor, the update and the value
  public DivergedException(String message) {
    super(message);
  }

  /// Fails unless the loss of an update is finite.
  ///
  /// @param agent whose settings the advice names, for example `dqn`
  static void check(String agent, long update, float loss, Variables parameters) {
    if (!Float.isFinite(loss)) {
      throw new DivergedException(
          agent
              + " diverged at update "
              + update
              + ": the loss is "
              + loss
              + ", and "
              + parameters.firstNonFinite().orElse("all parameters are still finite")
              + "; a smaller optimizer.learningRate or a "
              + agent
              + ".maxGradientNorm may help");
    }
  }

  /// Fails unless all parameters are finite: an update may have spoilt them after its loss had been
  /// finite, and a checkpoint of that is worth nothing.
  static void check(String agent, long updates, Variables parameters) {
    parameters
        .firstNonFinite()
        .ifPresent(where -> {
          throw new DivergedException(agent + " diverged at update " + updates + ": " + where);
        });
  }
}
