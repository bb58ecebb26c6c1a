package org.jarl.agents;

import java.util.List;

/// What an agent computes its values with. In a file `type` is the record's name in kebab case:
/// `{type: mlp, hiddenSizes: [120, 84]}`.
///
/// All layers but the last are followed by a ReLU. Bytes are scaled to `[0, 1]` first. Of a stack
/// of observations the convolutions see the moments as channels.
public sealed interface NetworkConfig {

  /// Linear layers over all numbers of an observation.
  record Mlp(
      @Setting(meaning = "units of each hidden layer", defaultValue = "[120, 84]")
          List<Integer> hiddenSizes)
      implements NetworkConfig {
    public Mlp {
      hiddenSizes = checked(hiddenSizes);
    }
  }

  /// The convolutions of Mnih et al. (2015), "Human-level control through deep reinforcement
  /// learning", for images of at least 36 x 36: 32 of 8 x 8, stride 4; 64 of 4 x 4, stride 2; 64 of
  /// 3 x 3, stride 1.
  record NatureCnn(
      @Setting(
              meaning = "units of each hidden layer behind the convolutions (Mnih et al. 2015)",
              defaultValue = "[512]")
          List<Integer> hiddenSizes)
      implements NetworkConfig {
    public NatureCnn {
      hiddenSizes = checked(hiddenSizes);
    }
  }

  /// The convolutions of Mnih et al. (2013), "Playing Atari with deep reinforcement learning", for
  /// images of at least 20 x 20: 16 of 8 x 8, stride 4; 32 of 4 x 4, stride 2.
  record NipsCnn(
      @Setting(
              meaning = "units of each hidden layer behind the convolutions (Mnih et al. 2013)",
              defaultValue = "[256]")
          List<Integer> hiddenSizes)
      implements NetworkConfig {
    public NipsCnn {
      hiddenSizes = checked(hiddenSizes);
    }
  }

  /// Units of each hidden layer behind the convolutions, where there are any.
  List<Integer> hiddenSizes();

  private static List<Integer> checked(List<Integer> sizes) {
    for (int size : sizes) {
      Require.positive("network.hiddenSizes", size);
    }
    return List.copyOf(sizes);
  }
}
