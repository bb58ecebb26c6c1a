package org.jarl.agents;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jarl.agents.NetworkConfig.Activation;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Space;
import org.jarl.nn.Conv2d;
import org.jarl.nn.DType;
import org.jarl.nn.Graph;
import org.jarl.nn.Linear;
import org.jarl.nn.Module;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;
import org.jarl.nn.Variables;

/// What a [NetworkConfig] describes: from `N` observations, as they lie in the environment's
/// memory, to features `[N, F]`.
///
/// A convolution sees images `[N, H, W, C]`. A stack of `k` moments lies in memory one moment after
/// another, `[N, k, H, W]` or `[N, k, H, W, C]`, and becomes `[N, H, W, k C]` on the way in.
final class Torso implements Module {
  /// Keeps the size of what passes through layers with ReLU (He et al. 2015).
  private static final float GAIN = (float) Math.sqrt(2);

  private final List<Module> layers = new ArrayList<>();
  private final boolean images;
  private final boolean stacked;
  private final int features;

  /// A torso with parameters of its own in `variables`.
  ///
  /// @param path what the names of its parameters begin with, for example `policy.`
  /// @throws IllegalArgumentException if the observations are not what the network takes
  Torso(
      Variables variables,
      String path,
      EnvironmentSpec spec,
      NetworkConfig network,
      NetworkConfig.Initialization initialization,
      RandomGenerator random) {
    Space.Box box = spec.observationSpace();
    int[][] kernels = kernels(network);
    images = kernels.length > 0;
    stacked = spec.stacking().depth() > 1;
    int width =
        images
            ? convolutions(variables, path, image(spec, network), kernels, initialization, random)
            : box.size();
    Activation activation =
        network instanceof NetworkConfig.Mlp mlp ? mlp.activation() : Activation.RELU;
    for (int i = 0; i < network.hiddenSizes().size(); i++) {
      int size = network.hiddenSizes().get(i);
      layers.add(
          new Linear(
              variables,
              path + "hidden" + (i + 1),
              Shape.of(width, size),
              initialization.weights(width, GAIN),
              initialization.biases(width),
              random));
      layers.add(activation::apply);
      width = size;
    }
    features = width;
  }

  /// Size, stride and number of the kernels of each convolution.
  private static int[][] kernels(NetworkConfig network) {
    return switch (network) {
      case NetworkConfig.Mlp _ -> new int[][] {};
      case NetworkConfig.NatureCnn _ -> new int[][] {{8, 4, 32}, {4, 2, 64}, {3, 1, 64}};
      case NetworkConfig.NipsCnn _ -> new int[][] {{8, 4, 16}, {4, 2, 32}};
    };
  }

  /// Height, width and channels of what the convolutions see.
  private static Shape image(EnvironmentSpec spec, NetworkConfig network) {
    List<Integer> shape = spec.observationSpace().shape();
    int depth = spec.stacking().depth();
    List<Integer> moment = depth > 1 ? shape.subList(1, shape.size()) : shape;
    int least = leastSide(kernels(network));
    boolean fits =
        (moment.size() == 2 || moment.size() == 3)
            && moment.get(0) >= least
            && moment.get(1) >= least;
    if (!fits) {
      throw new IllegalArgumentException(
          "network.type %s needs images [H, W] or [H, W, C] of at least %d x %d, or stacks of them,"
                  .formatted(
                      network instanceof NetworkConfig.NipsCnn ? "nips-cnn" : "nature-cnn",
                      least,
                      least)
              + " and got observations %s%s: use network.type mlp"
                  .formatted(shape, depth > 1 ? " with a stack of " + depth : ""));
    }
    return Shape.of(moment.get(0), moment.get(1), depth * (moment.size() == 3 ? moment.get(2) : 1));
  }

  /// The smallest image of which the last convolution leaves one place.
  private static int leastSide(int[][] kernels) {
    int side = 1;
    for (int i = kernels.length - 1; i >= 0; i--) {
      side = (side - 1) * kernels[i][1] + kernels[i][0];
    }
    return side;
  }

  private int convolutions(
      Variables variables,
      String path,
      Shape image,
      int[][] kernels,
      NetworkConfig.Initialization initialization,
      RandomGenerator random) {
    int height = image.size(0);
    int width = image.size(1);
    int channels = image.size(2);
    for (int i = 0; i < kernels.length; i++) {
      int size = kernels[i][0];
      int stride = kernels[i][1];
      int outputs = kernels[i][2];
      Shape kernel = Shape.of(size, size, channels, outputs);
      int fanIn = kernel.product(0, 3);
      layers.add(
          new Conv2d(
              variables,
              path + "torso.conv" + (i + 1),
              kernel,
              stride,
              0,
              initialization.weights(fanIn, GAIN),
              initialization.biases(fanIn),
              random));
      layers.add(Tensor::relu);
      height = (height - size) / stride + 1;
      width = (width - size) / stride + 1;
      channels = outputs;
    }
    layers.add(Tensor::flatten);
    return height * width * channels;
  }

  /// Features that it computes, `F`.
  int features() {
    return features;
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
    Tensor x = images ? channelsLast(observations) : observations;
    // Bytes become numbers in [0, 1]; not before they are in place, since four times as much would
    // have to be moved.
    x = x.dtype() == DType.U8 ? x.toF32().times(1f / 255) : x;
    x = images ? x : x.flatten();
    for (Module layer : layers) {
      x = layer.apply(x);
    }
    return x;
  }

  /// `[N, H, W, channels]`, where the moments of a stack become channels.
  private Tensor channelsLast(Tensor x) {
    Shape shape = x.shape();
    if (!stacked) {
      return x.reshape(shape.size(0), shape.size(1), shape.size(2), -1);
    }
    Tensor last = shape.rank() == 4 ? x.permute(0, 2, 3, 1) : x.permute(0, 2, 3, 1, 4);
    return last.reshape(shape.size(0), shape.size(2), shape.size(3), -1);
  }
}
