package org.jarl.nn.cuda;

import java.util.List;
import org.jarl.nn.Optimizer;

/// One optimizer step over flat arenas, by the kernels of `optimizer.cuh`:
///
///     prepare_step, or gradient_norm where the gradient is clipped --> step of the rule
final class OptimizerSteps {
  private static final int THREADS = 256;

  /// Four for each multiprocessor of a large device: all at work at the same time.
  private static final int MOST_BLOCKS = 528;

  /// Sums of squares that each block of a step adds up, at most, and elements that are worth one.
  private static final int MOST_PARTS = 512;

  private static final int PART = 4096;

  /// Where the sums begin in the workspace.
  private static final int HEAD = 64;

  private OptimizerSteps() {}

  /// Device addresses.
  ///
  /// @param moments in the rule's order
  /// @param control of the run, or 0
  record Arenas(
      long parameters,
      long gradients,
      List<Long> moments,
      long steps,
      long learningRate,
      long control,
      long workspace) {

    private long moment(int i) {
      return i < moments.size() ? moments.get(i) : 0;
    }
  }

  /// What a rule's kernel is given besides the arenas.
  private record Constants(String kernel, float a, float b, float epsilon, float decay) {}

  private static int parts(Optimizer optimizer) {
    return optimizer.maxGradientNorm() == 0
        ? 0
        : Math.clamp(optimizer.parameters().elements() / PART, 1, MOST_PARTS);
  }

  /// Bytes that a step needs while it lasts.
  static long workspace(Optimizer optimizer) {
    return HEAD + 8L * parts(optimizer);
  }

  /// Two launches.
  static List<Launch> launches(Optimizer optimizer, Arenas arenas) {
    Constants constants = constants(optimizer.rule());
    int units = optimizer.parameters().elements() / 4;
    int parts = parts(optimizer);
    Launch step =
        new Launch(constants.kernel, THREADS)
            .grid(Math.clamp((units - 1) / THREADS + 1, 1, MOST_BLOCKS))
            .pointer(arenas.control)
            .pointer(arenas.workspace)
            .integer(parts)
            .number(optimizer.maxGradientNorm())
            .pointer(arenas.parameters)
            .pointer(arenas.gradients)
            .pointer(arenas.moment(0))
            .pointer(arenas.moment(1))
            .integer(units)
            .number(constants.a)
            .number(constants.b)
            .number(constants.epsilon)
            .number(constants.decay);
    return List.of(prepare(optimizer, arenas, units, parts), step);
  }

  private static Launch prepare(Optimizer optimizer, Arenas arenas, int units, int parts) {
    Launch launch =
        parts == 0
            ? new Launch("prepare_step", 32)
            : new Launch("gradient_norm", THREADS).grid(parts);
    boolean corrected =
        switch (optimizer.rule()) {
          case Optimizer.Rule.Adam _, Optimizer.Rule.AdamW _ -> true;
          case Optimizer.Rule.Sgd _, Optimizer.Rule.RmsProp _ -> false;
        };
    Constants constants = constants(optimizer.rule());
    launch
        .pointer(arenas.control)
        .pointer(arenas.steps)
        .pointer(arenas.learningRate)
        .number(constants.a)
        .number(constants.b)
        .integer(corrected ? 1 : 0)
        .pointer(arenas.workspace);
    return parts == 0 ? launch : launch.pointer(arenas.gradients).integer(units);
  }

  private static Constants constants(Optimizer.Rule rule) {
    return switch (rule) {
      case Optimizer.Rule.Sgd(float momentum) ->
          new Constants(momentum == 0 ? "step_sgd" : "step_momentum", momentum, 0, 0, 0);
      case Optimizer.Rule.RmsProp(float decay, float epsilon, boolean centered) ->
          new Constants(
              centered ? "step_rms_prop_centered" : "step_rms_prop", decay, 1 - decay, epsilon, 0);
      case Optimizer.Rule.Adam(float beta1, float beta2, float epsilon) ->
          new Constants("step_adam", beta1, beta2, epsilon, 0);
      case Optimizer.Rule.AdamW(float beta1, float beta2, float epsilon, float decay) ->
          new Constants("step_adam", beta1, beta2, epsilon, decay);
    };
  }

  /// `target += rate * (source - target)` over whole arenas; a rate of 1 copies.
  static List<Launch> blend(long source, long target, int elements, float rate, long control) {
    int units = elements / 4;
    return List.of(
        new Launch("blend", THREADS)
            .grid(Math.clamp((units - 1) / THREADS + 1, 1, MOST_BLOCKS))
            .pointer(control)
            .pointer(source)
            .pointer(target)
            .integer(units)
            .number(rate));
  }
}
