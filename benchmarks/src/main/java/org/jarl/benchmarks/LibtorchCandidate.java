package org.jarl.benchmarks;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jarl.nn.Shape;

/// A workload on libtorch, written as one writes it there: images `[N, C, H, W]`, eager operations,
/// its own autograd and its own Adam.
///
/// Everything a run makes is freed at its end, so the garbage collector has no part in the figures.
final class LibtorchCandidate implements Candidate {
  private static final long[] NO_PADDING = {0, 0};
  private static final long[] NO_DILATION = {1, 1};

  private final Workload workload;
  private final List<Layer> online;
  private final List<Layer> target;
  private final Tensor observations;
  private final Tensor nextObservations;
  private final Tensor actions;
  private final Tensor rewards;
  private final Tensor discounts;
  private final Adam adam;

  /// @param stride of a convolution; empty for a dense layer
  private record Layer(Tensor weights, TensorOptional biases, Tensor bias, long[] stride) {}

  LibtorchCandidate(Workload workload, int threads) {
    this.workload = workload;
    torch.set_num_threads(threads);
    online = layers(workload.network(), workload.onlineSeed());
    target = layers(workload.network(), workload.targetSeed());
    Workload.Data data = workload.data();
    observations = images(data.observations());
    nextObservations = images(data.nextObservations());
    rewards = tensor(data.rewards(), workload.batch());
    discounts = tensor(data.discounts(), workload.batch());
    long[] indices = new long[workload.batch()];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = data.actions()[i];
    }
    TensorOptions longs = new TensorOptions(torch.ScalarType.Long);
    actions =
        torch.from_blob(new LongPointer(indices), new long[] {workload.batch(), 1}, longs).clone();
    TensorVector parameters = new TensorVector();
    for (Layer layer : online) {
      layer.weights().set_requires_grad(true);
      layer.bias().set_requires_grad(true);
      parameters.push_back(layer.weights()).push_back(layer.bias());
    }
    AdamOptions options = new AdamOptions(Workload.LEARNING_RATE);
    options.eps().put(Workload.EPSILON);
    adam = new Adam(parameters, options);
  }

  /// A tensor of its own memory.
  private static Tensor tensor(float[] values, long... sizes) {
    try (FloatPointer memory = new FloatPointer(values)) {
      return torch.from_blob(memory, sizes).clone();
    }
  }

  /// `[N, H, W, C]` to `[N, C, H, W]`; other observations as they are.
  private Tensor images(float[] values) {
    Shape one = workload.network().input();
    long batch = workload.batch();
    return one.rank() == 1
        ? tensor(values, batch, one.size(0))
        : tensor(values, batch, one.size(0), one.size(1), one.size(2))
            .permute(0, 3, 1, 2)
            .contiguous();
  }

  private static List<Layer> layers(Network network, long seed) {
    List<Layer> layers = new ArrayList<>();
    List<Network.Values> values = network.values(seed);
    // Set while the next dense layer reads a flattened image.
    int channels = 0;
    for (int i = 0; i < values.size(); i++) {
      float[] weights = values.get(i).weights();
      Tensor bias = tensor(values.get(i).biases(), values.get(i).biases().length);
      Tensor ours;
      long[] stride = {};
      switch (network.layers().get(i)) {
        case Network.Layer.Convolution c -> {
          ours =
              tensor(weights, c.kernel(), c.kernel(), c.channels(), c.outputs())
                  .permute(3, 2, 0, 1);
          stride = new long[] {c.stride(), c.stride()};
          channels = c.outputs();
        }
        case Network.Layer.Dense d -> {
          // A flattened image is [H, W, C] for Jarl and [C, H, W] for libtorch.
          ours =
              channels > 0
                  ? tensor(weights, d.inputs() / channels, channels, d.outputs())
                      .permute(2, 1, 0)
                      .reshape(d.outputs(), d.inputs())
                  : tensor(weights, d.inputs(), d.outputs()).permute(1, 0);
          channels = 0;
        }
      }
      layers.add(new Layer(ours.contiguous(), new TensorOptional(bias), bias, stride));
    }
    return layers;
  }

  private static Tensor apply(List<Layer> layers, Tensor input) {
    Tensor x = input;
    boolean image = layers.getFirst().stride().length > 0;
    for (int i = 0; i < layers.size(); i++) {
      Layer layer = layers.get(i);
      if (layer.stride().length > 0) {
        x =
            torch.conv2d(
                x, layer.weights(), layer.biases(), layer.stride(), NO_PADDING, NO_DILATION, 1);
      } else {
        x = image ? x.flatten(1, 3) : x;
        image = false;
        x = torch.linear(x, layer.weights(), layer.biases());
      }
      x = i < layers.size() - 1 ? torch.relu(x) : x;
    }
    return x;
  }

  @Override
  public void run(float[] result) {
    try (PointerScope _ = new PointerScope()) {
      if (workload.kind() == Workload.Kind.UPDATE) {
        result[0] = update();
      } else {
        try (NoGradGuard _ = new NoGradGuard()) {
          apply(online, observations).data_ptr_float().get(result);
        }
      }
    }
  }

  private float update() {
    Tensor y;
    try (NoGradGuard _ = new NoGradGuard()) {
      Tensor best = apply(target, nextObservations).amax(new long[] {1}, false);
      y = rewards.add(discounts.mul(best));
    }
    Tensor q = apply(online, observations).gather(1, actions).squeeze(1);
    Tensor loss = torch.mse_loss(q, y);
    adam.zero_grad();
    loss.backward();
    adam.step();
    return loss.item_float();
  }

  @Override
  public void close() {}
}
