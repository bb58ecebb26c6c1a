package org.jarl.agents.config;

import org.jarl.nn.Initialization;

/// The networks of an actor and its critic: how observations become probabilities of actions and
/// the value of a state.
public record PolicyConfig(
    @Setting(
            meaning = "mlp for vectors; nature-cnn, nips-cnn or impala-resnet for images",
            defaultValue = "{type: mlp, hiddenSizes: [64, 64], activation: tanh}")
        NetworkConfig network,
    @Setting(
            meaning = "one torso for policy and value (usual for images) instead of one for each",
            defaultValue = "false")
        boolean sharedTorso,
    @Setting(
            meaning =
                "orthogonal (gains: sqrt(2) hidden, 0.01 policy head, 1 value head; Huang et al."
                    + " 2022, detail 2) or fan-in (PyTorch's default)",
            defaultValue = "orthogonal")
        Initialization initialization,
    @Setting(
            meaning = "how continuous actions are drawn: gaussian or state-dependent",
            defaultValue = "{type: gaussian}")
        Noise noise,
    @Setting(
            meaning = "none, or lstm: what the policy remembers of an episode",
            defaultValue = "{type: none}")
        Memory memory) {

  /// How a continuous action spreads around its mean.
  public sealed interface Noise {

    /// Normal, each number with a deviation that is learned and the same in every state; drawn anew
    /// at each step.
    record Gaussian(
        @Setting(
                meaning = "natural logarithm of the first standard deviation",
                defaultValue = "0.0")
            float initialLogDeviation)
        implements Noise {
      public Gaussian {
        Require.finite("initialLogDeviation", initialLogDeviation);
      }
    }

    /// Generalized state-dependent exploration (Raffin et al. 2022): the policy's features times a
    /// random matrix that stays for some steps, so that actions do not tremble.
    record StateDependent(
        @Setting(
                meaning = "natural logarithm of the first standard deviation of the matrix",
                defaultValue = "0.0")
            float initialLogDeviation,
        @Setting(meaning = "steps for which the matrix stays; at least 1", defaultValue = "4")
            int resamplePeriod)
        implements Noise {
      public StateDependent {
        Require.finite("initialLogDeviation", initialLogDeviation);
        Require.positive("resamplePeriod", resamplePeriod);
      }
    }

    /// Natural logarithm of the first standard deviation.
    float initialLogDeviation();
  }

  /// What a policy keeps of the steps before.
  public sealed interface Memory {

    /// Nothing: it sees the present observation only.
    record None() implements Memory {}

    /// A long short-term memory (Hochreiter and Schmidhuber 1997) between torso and head; it
    /// forgets at the end of each episode.
    record Lstm(
        @Setting(meaning = "numbers that it hands on; at least 1", defaultValue = "64") int units)
        implements Memory {
      public Lstm {
        Require.positive("units", units);
      }
    }
  }

  /// Whether it remembers anything.
  public boolean remembers() {
    return !(memory instanceof Memory.None);
  }
}
