package org.jarl.agents;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Space;
import org.jarl.nn.Conv2d;
import org.jarl.nn.DType;
import org.jarl.nn.Dueling;
import org.jarl.nn.Graph;
import org.jarl.nn.Linear;
import org.jarl.nn.Module;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;
import org.jarl.nn.Variables;

/// Action values `[N, A]` from observations: linear layers with ReLU, behind the convolutions of
/// Mnih et al. (2015) where the observation is an image of at least 36 x 36.
final class QNetwork implements Module {
  /// Below this the three convolutions leave nothing.
  private static final int SMALLEST_IMAGE = 36;

  private final List<Module> layers = new ArrayList<>();
  private final boolean image;

  /// A network with parameters of its own in `variables`.
  QNetwork(
      Variables variables,
      EnvironmentSpec spec,
      List<Integer> hiddenSizes,
      boolean dueling,
      RandomGenerator random) {
    Space.Box box = spec.observationSpace();
    image =
        box.shape().size() == 3
            && box.shape().get(0) >= SMALLEST_IMAGE
            && box.shape().get(1) >= SMALLEST_IMAGE;
    int features = image ? convolutions(variables, box, random) : box.size();
    for (int i = 0; i < hiddenSizes.size(); i++) {
      int size = hiddenSizes.get(i);
      layers.add(new Linear(variables, "hidden" + (i + 1), features, size, random));
      layers.add(Tensor::relu);
      features = size;
    }
    int actions = actions(spec);
    layers.add(
        dueling
            ? new Dueling(variables, "head", features, actions, random)
            : new Linear(variables, "head", features, actions, random));
  }

  private int convolutions(Variables variables, Space.Box box, RandomGenerator random) {
    int[][] kernels = {{8, 4, 32}, {4, 2, 64}, {3, 1, 64}};
    int height = box.shape().get(0);
    int width = box.shape().get(1);
    int channels = box.shape().get(2);
    for (int i = 0; i < kernels.length; i++) {
      int size = kernels[i][0];
      int stride = kernels[i][1];
      int outputs = kernels[i][2];
      Shape kernel = Shape.of(size, size, channels, outputs);
      layers.add(new Conv2d(variables, "torso.conv" + (i + 1), kernel, stride, 0, random));
      layers.add(Tensor::relu);
      height = (height - size) / stride + 1;
      width = (width - size) / stride + 1;
      channels = outputs;
    }
    layers.add(Tensor::flatten);
    return height * width * channels;
  }

  /// Number of actions.
  ///
  /// @throws IllegalArgumentException if the actions are not discrete
  static int actions(EnvironmentSpec spec) {
    if (spec.actionSpace() instanceof Space.Discrete(int n)) {
      return n;
    }
    throw new IllegalArgumentException(
        "dqn chooses between discrete actions, and this environment takes "
            + spec.actionSpace()
            + ": use an environment with a Discrete action space");
  }

  /// An input of `N` observations as they lie in the environment's memory.
  static Tensor input(Graph graph, String name, EnvironmentSpec spec, int count) {
    Space.Box box = spec.observationSpace();
    int[] sizes = new int[box.shape().size() + 1];
    sizes[0] = count;
    for (int i = 1; i < sizes.length; i++) {
      sizes[i] = box.shape().get(i - 1);
    }
    DType type = box.type() == Space.ElementType.U8 ? DType.U8 : DType.F32;
    return graph.input(name, type, sizes);
  }

  @Override
  public Tensor apply(Tensor observations) {
    // Bytes become numbers in [0, 1].
    Tensor x =
        observations.dtype() == DType.U8 ? observations.toF32().times(1f / 255) : observations;
    x = image ? x : x.flatten();
    for (Module layer : layers) {
      x = layer.apply(x);
    }
    return x;
  }
}
