package org.jarl.agents;

import java.util.ArrayList;
import java.util.List;
import org.jarl.agents.config.NetworkConfig;
import org.jarl.agents.config.NetworkConfig.Activation;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Space;
import org.jarl.nn.DType;
import org.jarl.nn.Graph;
import org.jarl.nn.Module;
import org.jarl.nn.Residual;
import org.jarl.nn.RowTable;
import org.jarl.nn.Scope;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;
import org.jspecify.annotations.Nullable;

/// The layers that a [NetworkConfig] describes: from `N` observations, as they lie in the
/// environment's memory, to features `[N, F]`.
///
/// A convolution takes images `[N, H, W, C]`. A stack of `k` frames lies in memory one frame after
/// another, `[N, k, H, W]` or `[N, k, H, W, C]`, and becomes `[N, H, W, k C]` on the way in.
///
/// A second input, such as the actions of a critic Q(s, a), joins before the hidden layers.
final class Torso implements Module {
  /// Keeps the size of what passes through layers with ReLU (He et al. 2015).
  static final float GAIN = (float) Math.sqrt(2);

  /// Size, stride and number of the kernels of each convolution.
  private static final int[][] NATURE = {{8, 4, 32}, {4, 2, 64}, {3, 1, 64}};

  private static final int[][] NIPS = {{8, 4, 16}, {4, 2, 32}};

  private final Scope scope;
  private final Input input;
  private final List<Module> convolutions = new ArrayList<>();
  private final List<Module> hidden = new ArrayList<>();
  private final boolean images;
  private final int features;

  /// Input of a torso.
  ///
  /// @param shape of an observation, that of a stack included
  /// @param frames of a stack, `k`, the first axis of the shape; 1 where observations are no stacks
  /// @param extra numbers of the second input, 0 for none
  record Input(List<Integer> shape, int frames, int extra) {

    /// The observations of an environment.
    static Input of(EnvironmentSpec spec) {
      return new Input(spec.observationSpace().shape(), spec.stacking().depth(), 0);
    }

    /// The same with a second input.
    Input withExtra(int numbers) {
      return new Input(shape, frames, numbers);
    }

    /// Numbers of an observation.
    int size() {
      return shape.stream().reduce(1, Math::multiplyExact);
    }
  }

  /// A torso with parameters of its own, `torso.conv1.weight ... hidden1.weight ...`.
  ///
  /// @throws IllegalArgumentException if the observations are not what the network takes
  Torso(Scope scope, Input input, NetworkConfig network) {
    this.scope = scope;
    this.input = input;
    images = !(network instanceof NetworkConfig.Mlp);
    int width =
        input.extra()
            + switch (network) {
              case NetworkConfig.Mlp _ -> input.size();
              case NetworkConfig.NatureCnn _ -> shrinking("nature-cnn", NATURE);
              case NetworkConfig.NipsCnn _ -> shrinking("nips-cnn", NIPS);
              case NetworkConfig.ImpalaResnet(List<Integer> channels, _) -> residual(channels);
            };
    Activation activation = network.activation();
    for (int i = 0; i < network.hiddenSizes().size(); i++) {
      int size = network.hiddenSizes().get(i);
      hidden.add(scope.linear("hidden" + (i + 1), width, size, GAIN));
      hidden.add(activation::apply);
      width = size;
    }
    features = width;
  }

  /// Height, width and channels of the convolutions' images.
  private Shape image(String type, int least) {
    List<Integer> shape = input.shape();
    int depth = input.frames();
    List<Integer> frame = depth > 1 ? shape.subList(1, shape.size()) : shape;
    boolean fits =
        (frame.size() == 2 || frame.size() == 3) && frame.get(0) >= least && frame.get(1) >= least;
    if (!fits) {
      throw new IllegalArgumentException(
          "network.type %s needs images [H, W] or [H, W, C] of at least %d x %d, or stacks of them,"
                  .formatted(type, least, least)
              + " and got observations %s%s: use network.type mlp"
                  .formatted(shape, depth > 1 ? " with a stack of " + depth : ""));
    }
    return Shape.of(frame.get(0), frame.get(1), depth * (frame.size() == 3 ? frame.get(2) : 1));
  }

  /// Convolutions that leave less and less of the image.
  ///
  /// @param kernels size, stride and number of each
  /// @return features behind them
  private int shrinking(String type, int[][] kernels) {
    Scope torso = scope.at("torso");
    Shape image = image(type, leastSide(kernels));
    int height = image.size(0);
    int width = image.size(1);
    int channels = image.size(2);
    for (int i = 0; i < kernels.length; i++) {
      int size = kernels[i][0];
      int stride = kernels[i][1];
      int outputs = kernels[i][2];
      Shape kernel = Shape.of(size, size, channels, outputs);
      convolutions.add(torso.conv2d("conv" + (i + 1), kernel, stride, 0));
      convolutions.add(Tensor::relu);
      height = (height - size) / stride + 1;
      width = (width - size) / stride + 1;
      channels = outputs;
    }
    convolutions.add(Tensor::flatten);
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
  private int residual(List<Integer> sections) {
    Shape image = image("impala-resnet", 1);
    int height = image.size(0);
    int width = image.size(1);
    int channels = image.size(2);
    for (int i = 0; i < sections.size(); i++) {
      Scope section = scope.at("torso").at("section" + (i + 1));
      int outputs = sections.get(i);
      convolutions.add(section.conv2d("conv", Shape.of(3, 3, channels, outputs), 1, 1));
      convolutions.add(x -> x.maxPool2d(3, 2, 1));
      convolutions.add(block(section.at("block1"), outputs));
      convolutions.add(block(section.at("block2"), outputs));
      height = (height + 1) / 2;
      width = (width + 1) / 2;
      channels = outputs;
    }
    convolutions.add(Tensor::relu);
    convolutions.add(Tensor::flatten);
    return height * width * channels;
  }

  private static Module block(Scope scope, int channels) {
    Module relu = Tensor::relu;
    Shape kernel = Shape.of(3, 3, channels, channels);
    return new Residual(
        relu.then(scope.conv2d("conv1", kernel, 1, 1))
            .then(relu)
            .then(scope.conv2d("conv2", kernel, 1, 1)));
  }

  /// Number of features, `F`.
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

  /// Stacked observations whose frames are rows of a table.
  ///
  /// @param indices i32 input `[N, k]`, a row for each frame, -1 for zeros
  static Tensor stacks(Graph graph, RowTable frames, Tensor indices, EnvironmentSpec spec) {
    List<Integer> shape = spec.observationSpace().shape();
    int[] frame = shape.subList(1, shape.size()).stream().mapToInt(size -> size).toArray();
    return graph.rows(frames, indices, type(spec), frame);
  }

  private static DType type(EnvironmentSpec spec) {
    return spec.observationSpace().type() == Space.ElementType.U8 ? DType.U8 : DType.F32;
  }

  @Override
  public Tensor apply(Tensor observations) {
    return apply(observations, null);
  }

  /// Features of observations and of a second input.
  ///
  /// @param extra `[N, extra]`; null where the torso has no second input
  Tensor apply(Tensor observations, @Nullable Tensor extra) {
    Tensor x = images ? channelsLast(observations) : observations;
    // Bytes become numbers in [0, 1]; not before they are in place, since four times as much would
    // have to be moved.
    x = x.dtype() == DType.U8 ? x.toF32().times(1f / 255) : x;
    x = images ? x : x.flatten();
    for (Module layer : convolutions) {
      x = layer.apply(x);
    }
    x = extra == null ? x : Tensor.concat(1, List.of(x, extra));
    for (Module layer : hidden) {
      x = layer.apply(x);
    }
    return x;
  }

  /// `[N, H, W, channels]`, where the frames of a stack become channels.
  private Tensor channelsLast(Tensor x) {
    Shape shape = x.shape();
    if (input.frames() == 1) {
      return x.reshape(shape.size(0), shape.size(1), shape.size(2), -1);
    }
    Tensor last = shape.rank() == 4 ? x.permute(0, 2, 3, 1) : x.permute(0, 2, 3, 1, 4);
    return last.reshape(shape.size(0), shape.size(2), shape.size(3), -1);
  }
}
