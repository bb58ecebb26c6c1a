package org.jarl.agents.config;

import org.jarl.nn.Optimizer;

/// What an agent learns with. In a file `type` is the record's name in kebab case: `{type: adam,
/// learningRate: 2.5e-4}`. The learning rate may be any [Schedule], for example one that falls to
/// 0.
public sealed interface OptimizerConfig {

  /// Adam (Kingma and Ba 2015, algorithm 1) with the paper's decay rates.
  record Adam(
      @Setting(meaning = "step size, over agent steps; above 0, the end of a line may be 0")
          Schedule learningRate,
      @Setting(
              meaning = "added to the root of the second moment (Kingma and Ba 2015)",
              defaultValue = "1e-8")
          float epsilon)
      implements OptimizerConfig {
    public Adam {
      checkRate(learningRate);
      Require.positive("epsilon", epsilon);
    }
  }

  /// RMSProp (Hinton 2012). The defaults are those of Mnih et al. (2015), whose centered form is
  /// that of Graves (2013).
  ///
  /// The paper's epsilon of 0.01 belongs to gradients summed over a batch of 32. Ours are means,
  /// and `0.01 / 32^2`, about 1e-5, has the same effect on them.
  record Rmsprop(
      @Setting(
              meaning =
                  "step size, over agent steps; above 0, the end of a line may be 0 (Mnih et al."
                      + " 2015)",
              defaultValue = "2.5e-4")
          Schedule learningRate,
      @Setting(
              meaning = "weight of the past in the running means; at least 0, below 1",
              defaultValue = "0.95")
          float decay,
      @Setting(
              meaning =
                  "added to the mean square under the root; not centered, to the root (1e-5 for"
                      + " means over 32 is the 0.01 for sums of Mnih et al. 2015)",
              defaultValue = "1e-5")
          float epsilon,
      @Setting(
              meaning = "subtract the square of the gradient's mean (Graves 2013)",
              defaultValue = "true",
              formerly = "centred")
          boolean centered)
      implements OptimizerConfig {
    public Rmsprop {
      checkRate(learningRate);
      Require.that(decay >= 0 && decay < 1, "decay", "at least 0 and below 1", decay);
      Require.positive("epsilon", epsilon);
    }
  }

  /// Step size, above 0 but at the end of a line.
  Schedule learningRate();

  /// The engine's rule for it.
  default Optimizer.Rule rule() {
    return switch (this) {
      case Adam adam -> Optimizer.Rule.Adam.withEpsilon(adam.epsilon());
      case Rmsprop(_, float decay, float epsilon, boolean centered) ->
          new Optimizer.Rule.RmsProp(decay, epsilon, centered);
    };
  }

  /// A rate of 0 would learn nothing; only where learning ends it may be.
  private static void checkRate(Schedule rate) {
    Require.that(
        rate.at(0) > 0 && rate.min() >= 0,
        "learningRate",
        "above 0 (a linear schedule may end at 0)",
        rate);
  }
}
