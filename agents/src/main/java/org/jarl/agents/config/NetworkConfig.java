package org.jarl.agents.config;

import java.util.List;
import org.jarl.nn.Tensor;

/// Network of an agent, up to its last layer. In a file `type` is the record's name in kebab case:
/// `{type: mlp, hiddenSizes: [120, 84]}`.
///
/// All layers but the last are followed by a ReLU. Bytes are scaled to `[0, 1]` first. The frames
/// of a stacked observation are channels of the convolutions.
public sealed interface NetworkConfig {

  /// Linear layers over all numbers of an observation.
  record Mlp(
      @Setting(meaning = "units of each hidden layer", defaultValue = "[120, 84]")
          List<Integer> hiddenSizes,
      @Setting(meaning = "relu or tanh, behind each hidden layer", defaultValue = "relu")
          Activation activation)
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

  /// The residual network of Espeholt et al. (2018), "IMPALA", figure 3 (large), for images of any
  /// size: in each section a convolution of 3 x 3, a max pooling of 3 x 3 with stride 2, and two
  /// residual blocks of two convolutions of 3 x 3.
  record ImpalaResnet(
      @Setting(
              meaning = "channels of each section (Espeholt et al. 2018)",
              defaultValue = "[16, 32, 32]")
          List<Integer> channels,
      @Setting(
              meaning = "units of each hidden layer behind the convolutions (Espeholt et al. 2018)",
              defaultValue = "[256]")
          List<Integer> hiddenSizes)
      implements NetworkConfig {
    public ImpalaResnet {
      channels = checked("channels", channels);
      hiddenSizes = checked(hiddenSizes);
    }
  }

  /// Function of hidden units.
  enum Activation {
    /// `max(x, 0)`
    RELU,
    /// hyperbolic tangent
    TANH;

    /// Applies the function to every element.
    public Tensor apply(Tensor x) {
      return switch (this) {
        case RELU -> x.relu();
        case TANH -> x.tanh();
      };
    }
  }

  /// Units of each hidden layer behind the convolutions, where there are any.
  List<Integer> hiddenSizes();

  /// The function of hidden units.
  default Activation activation() {
    return Activation.RELU;
  }

  /// The same with other hidden layers.
  default NetworkConfig withHiddenSizes(List<Integer> sizes) {
    return switch (this) {
      case Mlp mlp -> new Mlp(sizes, mlp.activation());
      case NatureCnn _ -> new NatureCnn(sizes);
      case NipsCnn _ -> new NipsCnn(sizes);
      case ImpalaResnet(List<Integer> channels, _) -> new ImpalaResnet(channels, sizes);
    };
  }

  /// Whether it has convolutions.
  default boolean usesConvolutions() {
    return !(this instanceof Mlp);
  }

  private static List<Integer> checked(List<Integer> hiddenSizes) {
    return checked("hiddenSizes", hiddenSizes);
  }

  private static List<Integer> checked(String name, List<Integer> sizes) {
    for (int size : sizes) {
      Require.positive(name, size);
    }
    return List.copyOf(sizes);
  }
}
