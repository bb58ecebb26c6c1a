package org.jarl.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jarl.nn.Shape;

/// A network of convolutions and dense layers with ReLU between them, as every engine must build
/// it.
// Shapes and the lists of List.of are immutable; the checker knows neither.
@SuppressWarnings("ImmutableEnumChecker")
enum Network {
  /// Mnih et al. (2015), for the smallest of the usual action sets.
  NATURE_CNN(
      "Nature CNN",
      Shape.of(84, 84, 4),
      new Layer.Convolution(4, 32, 8, 4),
      new Layer.Convolution(32, 64, 4, 2),
      new Layer.Convolution(64, 64, 3, 1),
      new Layer.Dense(7 * 7 * 64, 512),
      new Layer.Dense(512, 6)),
  /// CleanRL's network for CartPole.
  MLP_120_84(
      "MLP 4-120-84-2",
      Shape.of(4),
      new Layer.Dense(4, 120),
      new Layer.Dense(120, 84),
      new Layer.Dense(84, 2)),
  /// The usual small network of policy gradients.
  MLP_64_64(
      "MLP 4-64-64-2",
      Shape.of(4),
      new Layer.Dense(4, 64),
      new Layer.Dense(64, 64),
      new Layer.Dense(64, 2));

  private final String title;
  private final Shape input;
  private final List<Layer> layers;

  Network(String title, Shape input, Layer... layers) {
    this.title = title;
    this.input = input;
    this.layers = List.of(layers);
  }

  /// One layer.
  sealed interface Layer {
    /// Inputs of one output.
    int fanIn();

    /// Channels or features that come out.
    int outputs();

    /// Sizes of the weights in Jarl's order.
    Shape weights();

    /// Square kernel, no padding; weights `[kernel, kernel, channels, outputs]`.
    record Convolution(int channels, int outputs, int kernel, int stride) implements Layer {
      @Override
      public int fanIn() {
        return kernel * kernel * channels;
      }

      @Override
      public Shape weights() {
        return Shape.of(kernel, kernel, channels, outputs);
      }
    }

    /// Weights `[inputs, outputs]`.
    record Dense(int inputs, int outputs) implements Layer {
      @Override
      public int fanIn() {
        return inputs;
      }

      @Override
      public Shape weights() {
        return Shape.of(inputs, outputs);
      }
    }
  }

  /// Weights and biases of one layer in Jarl's order.
  record Values(float[] weights, float[] biases) {}

  /// Name in the table.
  String title() {
    return title;
  }

  /// Sizes of one observation: `[H, W, C]` or `[features]`.
  Shape input() {
    return input;
  }

  /// In order; ReLU follows each but the last.
  List<Layer> layers() {
    return layers;
  }

  /// Outputs of the last layer.
  int actions() {
    return layers.getLast().outputs();
  }

  /// The same values for every engine: uniform in `+-1/sqrt(fan in)`.
  List<Values> values(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Values> all = new ArrayList<>();
    for (Layer layer : layers) {
      float bound = (float) (1 / Math.sqrt(layer.fanIn()));
      all.add(
          new Values(
              uniform(random, layer.weights().elements(), -bound, bound),
              uniform(random, layer.outputs(), -bound, bound)));
    }
    return all;
  }

  static float[] uniform(SplittableRandom random, int count, float low, float high) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = low + (high - low) * (float) random.nextDouble();
    }
    return values;
  }
}
