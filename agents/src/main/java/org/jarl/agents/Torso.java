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
import org.jarl.nn.Residual;
import org.jarl.nn.Shape;
import org.jarl.nn.Table;
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

  /// Size, stride and number of the kernels of each convolution.
  private static final int[][] NATURE = {{8, 4, 32}, {4, 2, 64}, {3, 1, 64}};

  private static final int[][] NIPS = {{8, 4, 16}, {4, 2, 32}};

  private final Variables variables;
  private final NetworkConfig.Initialization initialization;
  private final RandomGenerator random;
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
    this.variables = variables;
    this.initialization = initialization;
    this.random = random;
    images = !(network instanceof NetworkConfig.Mlp);
    stacked = spec.stacking().depth() > 1;
    String torso = path + "torso.";
    int width =
        switch (network) {
          case NetworkConfig.Mlp _ -> spec.observationSpace().size();
          case NetworkConfig.NatureCnn _ -> shrinking(torso, "nature-cnn", spec, NATURE);
          case NetworkConfig.NipsCnn _ -> shrinking(torso, "nips-cnn", spec, NIPS);
          case NetworkConfig.ImpalaResnet(List<Integer> channels, _) ->
              residual(torso, image(spec, "impala-resnet", 1), channels);
        };
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

  /// Height, width and channels of what the convolutions see.
  private static Shape image(EnvironmentSpec spec, String type, int least) {
    List<Integer> shape = spec.observationSpace().shape();
    int depth = spec.stacking().depth();
    List<Integer> moment = depth > 1 ? shape.subList(1, shape.size()) : shape;
    boolean fits =
        (moment.size() == 2 || moment.size() == 3)
            && moment.get(0) >= least
            && moment.get(1) >= least;
    if (!fits) {
      throw new IllegalArgumentException(
          "network.type %s needs images [H, W] or [H, W, C] of at least %d x %d, or stacks of them,"
                  .formatted(type, least, least)
              + " and got observations %s%s: use network.type mlp"
                  .formatted(shape, depth > 1 ? " with a stack of " + depth : ""));
    }
    return Shape.of(moment.get(0), moment.get(1), depth * (moment.size() == 3 ? moment.get(2) : 1));
  }

  private Module convolution(
      String name, int size, int stride, int padding, int inputs, int outputs) {
    Shape kernel = Shape.of(size, size, inputs, outputs);
    int fanIn = kernel.product(0, 3);
    return new Conv2d(
        variables,
        name,
        kernel,
        stride,
        padding,
        initialization.weights(fanIn, GAIN),
        initialization.biases(fanIn),
        random);
  }

  /// Convolutions that leave less and less of the image.
  ///
  /// @param kernels size, stride and number of each
  /// @return features behind them
  private int shrinking(String path, String type, EnvironmentSpec spec, int[][] kernels) {
    Shape image = image(spec, type, leastSide(kernels));
    int height = image.size(0);
    int width = image.size(1);
    int channels = image.size(2);
    for (int i = 0; i < kernels.length; i++) {
      int size = kernels[i][0];
      int stride = kernels[i][1];
      int outputs = kernels[i][2];
      layers.add(convolution(path + "conv" + (i + 1), size, stride, 0, channels, outputs));
      layers.add(Tensor::relu);
      height = (height - size) / stride + 1;
      width = (width - size) / stride + 1;
      channels = outputs;
    }
    layers.add(Tensor::flatten);
    return height * width * channels;
  }

  /// The smallest image of which the last convolution leaves one place.
  private static int leastSide(int[][] kernels) {
    int side = 1;
    for (int i = kernels.length - 1; i >= 0; i--) {
      side = (side - 1) * kernels[i][1] + kernels[i][0];
    }
    return side;
  }

  /// Sections of a convolution, a pooling that halves both sides, rounded up, and two residual
  /// blocks.
  ///
  /// @param sections channels of each
  /// @return features behind them
  private int residual(String path, Shape image, List<Integer> sections) {
    int height = image.size(0);
    int width = image.size(1);
    int channels = image.size(2);
    for (int i = 0; i < sections.size(); i++) {
      String section = path + "section" + (i + 1) + ".";
      int outputs = sections.get(i);
      layers.add(convolution(section + "conv", 3, 1, 1, channels, outputs));
      layers.add(x -> x.maxPool2d(3, 2, 1));
      layers.add(block(section + "block1.", outputs));
      layers.add(block(section + "block2.", outputs));
      height = (height + 1) / 2;
      width = (width + 1) / 2;
      channels = outputs;
    }
    layers.add(Tensor::relu);
    layers.add(Tensor::flatten);
    return height * width * channels;
  }

  private Module block(String path, int channels) {
    Module relu = Tensor::relu;
    return new Residual(
        relu.then(convolution(path + "conv1", 3, 1, 1, channels, channels))
            .then(relu)
            .then(convolution(path + "conv2", 3, 1, 1, channels, channels)));
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
    return graph.input(name, type(spec), sizes);
  }

  /// Stacked observations whose moments are rows of a table.
  ///
  /// @param places i32 input `[N, k]`, a row for each moment, -1 for zeros
  static Tensor stacks(Graph graph, Table moments, Tensor places, EnvironmentSpec spec) {
    List<Integer> shape = spec.observationSpace().shape();
    int[] moment = shape.subList(1, shape.size()).stream().mapToInt(size -> size).toArray();
    return graph.rows(moments, places, type(spec), moment);
  }

  private static DType type(EnvironmentSpec spec) {
    return spec.observationSpace().type() == Space.ElementType.U8 ? DType.U8 : DType.F32;
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
