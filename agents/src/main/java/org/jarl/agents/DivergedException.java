package org.jarl.agents;

import org.jarl.nn.Variables;
import org.jspecify.annotations.Nullable;

/// Learning produced a number that is not finite.
public final class DivergedException extends RuntimeException {
  /// The reason to stop.
  ///
  /// @param message names the tensor, the update and the value
  public DivergedException(String message) {
    super(message);
  }

  /// The loss of an update is not finite.
  ///
  /// @param agent whose settings the advice names, for example `dqn`
  /// @param weights in which the cause is looked for; null for none
  static DivergedException ofLoss(
      String agent, long update, float loss, @Nullable Variables weights) {
    String where =
        weights == null
            ? ""
            : ", and " + weights.firstNonFinite().orElse("all parameters are still finite");
    return new DivergedException(
        "%s diverged at update %d: the loss is %s%s; a smaller optimizer.learningRate or a %s.maxGradientNorm may help"
            .formatted(agent, update, loss, where, agent));
  }

  /// Fails unless all weights are finite.
  ///
  /// @throws DivergedException naming the first that is not
  static void requireFinite(String agent, long updates, Variables weights) {
    weights
        .firstNonFinite()
        .ifPresent(where -> {
          throw new DivergedException(agent + " diverged at update " + updates + ": " + where);
        });
  }
}
