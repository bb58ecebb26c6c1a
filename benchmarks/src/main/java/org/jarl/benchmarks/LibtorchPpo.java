package org.jarl.benchmarks;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jarl.agents.Ppo;
import org.jarl.agents.config.OptimizerConfig;
import org.jarl.env.Space;
import org.jarl.nn.Parameter;
import org.jarl.nn.Program;
import org.jarl.nn.Shape;
import org.jspecify.annotations.Nullable;

/// PPO's learner on libtorch, line by line the update of CleanRL's `ppo.py`, `ppo_atari.py` and
/// `ppo_continuous_action.py`: images `[N, C, H, W]` of bytes, eager operations, its own autograd,
/// clipping and Adam.
///
/// It takes parameters, rollout and minibatches from a [PpoLearner] and has memory of its own from
/// then on. The figures that CleanRL reports with each minibatch are left out, ours are not.
/// Everything a step makes is freed at its end.
final class LibtorchPpo implements Candidate {
  private static final long[] NO_PADDING = {0, 0};
  private static final long[] NO_DILATION = {1, 1};

  /// Of the three convolutions.
  private static final int[] STRIDES = {4, 2, 1};

  private static final String POLICY = "policy.";
  private static final String VALUE = "value.";
  private static final String LOG_DEVIATION = POLICY + "logDeviation";

  private final Ppo.Config config;
  private final int rounds;
  private final Map<String, Weight> weights = new LinkedHashMap<>();
  private final TensorVector all = new TensorVector();
  private final List<Layer> policy;
  private final List<Layer> value;
  private final Layer policyHead;
  private final Layer valueHead;

  /// Of actions that are numbers.
  private final @Nullable Weight logDeviation;

  private final Tensor observations;
  private final Tensor actions;
  private final Tensor oldLogProbabilities;
  private final Tensor oldValues;
  private final Tensor advantages;
  private final Tensor returns;

  /// Rows of each round.
  private final List<Tensor> rows = new ArrayList<>();

  private final ScalarOptional leastRatio;
  private final ScalarOptional largestRatio;
  private final ScalarOptional leastMove;
  private final ScalarOptional largestMove;
  private final Adam adam;

  /// A parameter in libtorch's order.
  ///
  /// @param channels of the image that the layer sees flattened; 0 where it sees none
  private record Weight(Tensor tensor, TensorOptional optional, Parameter parameter, int channels) {
    static Weight of(Parameter parameter, float[] ours, int channels) {
      Shape shape = parameter.shape();
      Tensor tensor = LibtorchPpo.tensor(ours, shape.toArray());
      Tensor theirs =
          switch (shape.rank()) {
            // [K, K, C, O] to [O, C, K, K]
            case 4 -> tensor.permute(3, 2, 0, 1);
            // [inputs, outputs] to [outputs, inputs]; a flattened image is [H, W, C] for Jarl and
            // [C, H, W] for libtorch
            case 2 ->
                channels == 0
                    ? tensor.permute(1, 0)
                    : tensor
                        .reshape(shape.size(0) / channels, channels, shape.size(1))
                        .permute(2, 1, 0)
                        .reshape(shape.size(1), shape.size(0));
            default -> tensor;
          };
      Tensor own = theirs.contiguous();
      own.set_requires_grad(true);
      return new Weight(own, new TensorOptional(own), parameter, channels);
    }

    /// Numbers of the parameter's sizes in Jarl's order.
    float[] ours(Tensor theirs) {
      Shape shape = parameter.shape();
      Tensor ours =
          switch (shape.rank()) {
            case 4 -> theirs.permute(2, 3, 1, 0);
            case 2 ->
                channels == 0
                    ? theirs.permute(1, 0)
                    : theirs
                        .reshape(shape.size(1), channels, shape.size(0) / channels)
                        .permute(2, 1, 0);
            default -> theirs;
          };
      float[] numbers = new float[shape.elements()];
      ours.contiguous().data_ptr_float().get(numbers);
      return numbers;
    }
  }

  /// @param stride of a convolution; empty for a linear layer
  private record Layer(Weight weight, Weight bias, long[] stride) {
    Tensor apply(Tensor x) {
      return stride.length == 0
          ? torch.linear(x, weight.tensor(), bias.optional())
          : torch.conv2d(x, weight.tensor(), bias.optional(), stride, NO_PADDING, NO_DILATION, 1);
    }
  }

  /// @param ours is read now and not used later
  LibtorchPpo(PpoLearner ours, int threads) {
    torch.set_num_threads(threads);
    config = ours.task().config();
    rounds = ours.task().rounds();
    boolean shared = config.policy().sharedTorso();
    policy = torso(ours, shared ? "" : POLICY);
    value = shared ? policy : torso(ours, VALUE);
    policyHead = layer(ours, POLICY + "head", 0);
    valueHead = layer(ours, VALUE + "head", 0);
    logDeviation = has(ours, LOG_DEVIATION) ? weight(ours, LOG_DEVIATION, 0) : null;
    weights.values().forEach(weight -> all.push_back(weight.tensor()));

    Program from = ours.program();
    int steps = ours.task().steps();
    observations = observations(ours);
    actions = actions(ours);
    oldLogProbabilities = tensor(numbers(from, "logProbabilities"), steps);
    oldValues = tensor(numbers(from, "values"), steps);
    advantages = tensor(numbers(from, "advantages"), steps);
    returns = tensor(numbers(from, "returns"), steps);
    Tensor every = indices(from.input("rows"), rounds, steps / config.minibatches());
    for (int round = 0; round < rounds; round++) {
      rows.add(every.select(0, round));
    }

    float clip = numbers(from, "clipRange")[0];
    leastRatio = scalar(1 - clip);
    largestRatio = scalar(1 + clip);
    leastMove = scalar(-config.valueClipRange());
    largestMove = scalar(config.valueClipRange());
    AdamOptions options = new AdamOptions(numbers(from, "learningRate")[0]);
    options.eps().put(((OptimizerConfig.Adam) config.optimizer()).epsilon());
    adam = new Adam(all, options);
  }

  private static ScalarOptional scalar(double value) {
    return new ScalarOptional(new Scalar(value));
  }

  private static boolean has(PpoLearner ours, String name) {
    return ours.parameters().stream().anyMatch(p -> p.name().equals(name));
  }

  private Weight weight(PpoLearner ours, String name, int channels) {
    Parameter parameter =
        ours.parameters().stream().filter(p -> p.name().equals(name)).findFirst().orElseThrow();
    Weight weight = Weight.of(parameter, ours.value(parameter), channels);
    weights.put(name, weight);
    return weight;
  }

  private Layer layer(PpoLearner ours, String path, int channels, long... stride) {
    Weight weight = weight(ours, path + ".weight", channels);
    return new Layer(weight, weight(ours, path + ".bias", 0), stride);
  }

  private List<Layer> torso(PpoLearner ours, String path) {
    List<Layer> layers = new ArrayList<>();
    // Set while the next linear layer sees a flattened image.
    int channels = 0;
    for (int i = 0; has(ours, path + "torso.conv" + (i + 1) + ".weight"); i++) {
      Layer layer = layer(ours, path + "torso.conv" + (i + 1), 0, STRIDES[i], STRIDES[i]);
      channels = layer.weight().parameter().shape().size(3);
      layers.add(layer);
    }
    for (int i = 0; i < config.policy().network().hiddenSizes().size(); i++) {
      layers.add(layer(ours, path + "hidden" + (i + 1), channels));
      channels = 0;
    }
    return layers;
  }

  private static float[] numbers(Program from, String input) {
    return from.input(input).toArray(ValueLayout.JAVA_FLOAT);
  }

  private static long[] longs(int... sizes) {
    long[] longs = new long[sizes.length];
    for (int i = 0; i < sizes.length; i++) {
      longs[i] = sizes[i];
    }
    return longs;
  }

  private static Tensor tensor(float[] values, int... sizes) {
    try (FloatPointer memory = new FloatPointer(values)) {
      return torch.from_blob(memory, longs(sizes)).clone();
    }
  }

  private static Tensor indices(MemorySegment values, int... sizes) {
    try (IntPointer memory = new IntPointer(values.toArray(ValueLayout.JAVA_INT))) {
      TensorOptions ints = new TensorOptions(torch.ScalarType.Int);
      return torch.from_blob(memory, longs(sizes), ints).to(torch.ScalarType.Long).clone();
    }
  }

  /// A stack of frames `[4, H, W]` is what libtorch calls channels: bytes stay where they are.
  private static Tensor observations(PpoLearner ours) {
    Space.Box box = ours.spec().observationSpace();
    int[] sizes = new int[box.shape().size() + 1];
    sizes[0] = ours.task().steps();
    for (int i = 1; i < sizes.length; i++) {
      sizes[i] = box.shape().get(i - 1);
    }
    if (box.type() == Space.ElementType.F32) {
      return tensor(numbers(ours.program(), "observations"), sizes);
    }
    byte[] bytes = ours.program().input("observations").toArray(ValueLayout.JAVA_BYTE);
    try (BytePointer memory = new BytePointer(bytes)) {
      TensorOptions type = new TensorOptions(torch.ScalarType.Byte);
      return torch.from_blob(memory, longs(sizes), type).clone();
    }
  }

  /// Indices `[steps, 1]`, or numbers `[steps, D]`.
  private static Tensor actions(PpoLearner ours) {
    int steps = ours.task().steps();
    return ours.spec().actionSpace() instanceof Space.Box box
        ? tensor(numbers(ours.program(), "actions"), steps, box.size())
        : indices(ours.program().input("actions"), steps, 1);
  }

  private static Tensor apply(List<Layer> layers, Tensor observations) {
    boolean images = layers.getFirst().stride().length > 0;
    Tensor x =
        images ? observations.to(torch.ScalarType.Float).div(new Scalar(255.0)) : observations;
    boolean flat = !images;
    for (Layer layer : layers) {
      if (!flat && layer.stride().length == 0) {
        x = x.flatten(1, 3);
        flat = true;
      }
      x = layer.apply(x);
      x = images ? torch.relu(x) : x.tanh();
    }
    return x;
  }

  /// Log-probability of actions and the entropy, each `[B]`.
  private record Judged(Tensor logProbability, Tensor entropy) {}

  private Judged judge(Tensor outputs, Tensor taken) {
    if (logDeviation == null) {
      Tensor log = outputs.log_softmax(1);
      Tensor entropy = log.exp().mul(log).sum(1).neg();
      return new Judged(log.gather(1, taken).squeeze(1), entropy);
    }
    Tensor deviation = logDeviation.tensor().expand_as(outputs).exp();
    Tensor density =
        taken
            .sub(outputs)
            .square()
            .neg()
            .div(deviation.square().mul(new Scalar(2.0)))
            .sub(deviation.log())
            .sub(new Scalar(Math.log(Math.sqrt(2 * Math.PI))));
    Tensor entropy = deviation.log().add(new Scalar(0.5 + 0.5 * Math.log(2 * Math.PI)));
    return new Judged(density.sum(1), entropy.sum(1));
  }

  /// Computes the gradients of the loss on the minibatch of a round.
  ///
  /// @return the loss
  float differentiate(int round) {
    try (PointerScope _ = new PointerScope()) {
      Tensor loss = loss(rows.get(round));
      adam.zero_grad();
      loss.backward();
      return loss.item_float();
    }
  }

  /// Takes the step that the gradients say, after they were clipped.
  void step() {
    try (PointerScope _ = new PointerScope()) {
      torch.clip_grad_norm_(all, config.maxGradientNorm());
      adam.step();
    }
  }

  /// A parameter's gradient in Jarl's order, between [#differentiate] and [#step].
  float[] gradient(Parameter parameter) {
    try (PointerScope _ = new PointerScope()) {
      Weight weight = weight(parameter);
      return weight.ours(weight.tensor().grad());
    }
  }

  /// The present value of a parameter in Jarl's order.
  float[] value(Parameter parameter) {
    try (PointerScope _ = new PointerScope()) {
      Weight weight = weight(parameter);
      return weight.ours(weight.tensor().detach());
    }
  }

  private Weight weight(Parameter parameter) {
    return Objects.requireNonNull(weights.get(parameter.name()));
  }

  private Tensor loss(Tensor minibatch) {
    Tensor seen = observations.index_select(0, minibatch);
    Tensor advantage = advantages.index_select(0, minibatch);
    if (config.normalizeAdvantages()) {
      Tensor deviation = advantage.std(true).add(new Scalar(1e-8));
      advantage = advantage.sub(advantage.mean()).div(deviation);
    }
    Tensor features = apply(policy, seen);
    Judged judged = judge(policyHead.apply(features), actions.index_select(0, minibatch));
    Tensor values =
        valueHead.apply(config.policy().sharedTorso() ? features : apply(value, seen)).squeeze(1);

    Tensor logRatio = judged.logProbability().sub(oldLogProbabilities.index_select(0, minibatch));
    Tensor ratio = logRatio.exp();
    Tensor negated = advantage.neg();
    Tensor policyLoss =
        torch.max(negated.mul(ratio), negated.mul(ratio.clamp(leastRatio, largestRatio))).mean();

    Tensor target = returns.index_select(0, minibatch);
    Tensor old = oldValues.index_select(0, minibatch);
    Tensor clipped = old.add(values.sub(old).clamp(leastMove, largestMove));
    Tensor error = torch.max(values.sub(target).square(), clipped.sub(target).square());
    Tensor valueLoss = error.mean().mul(new Scalar(0.5));

    return policyLoss
        .sub(judged.entropy().mean().mul(new Scalar((double) config.entropyCoefficient())))
        .add(valueLoss.mul(new Scalar((double) config.valueCoefficient())));
  }

  /// Learns from the whole rollout.
  ///
  /// @param losses `[rounds]`, receives them
  @Override
  public void run(float[] losses) {
    for (int round = 0; round < rounds; round++) {
      losses[round] = differentiate(round);
      step();
    }
  }

  @Override
  public void close() {}
}
