package org.jarl.nn.cpu;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.jarl.nn.Optimizer;
import org.jarl.nn.Variables;

/// One optimizer step over flat arenas:
///
///     norm (slices) --> prepare (one) --> step (slices)
///
/// `prepare` counts the step and turns the slices' sums of squares, in order, into one scale for the
/// gradient; `step` reads each element once.
final class OptimizerKernels {
  private static final int SLICE = 1 << 12;
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  /// Arenas are multiples of so many elements, and so are slices: no vector crosses a border.
  private static final int LANES = 16;

  private final Optimizer optimizer;
  private final CpuStorage parameters;
  private final MemorySegment gradients;
  private final MemorySegment[] moments;
  private final MemorySegment steps;
  private final MemorySegment learningRate;
  private final int elements;
  private final int slices;
  private final double[] squares;

  /// Of this step, written by `prepare`.
  private float gradientScale;

  private float rate;
  private double correction1;
  private double correction2;

  OptimizerKernels(Optimizer optimizer, MemorySegment learningRate) {
    this.optimizer = optimizer;
    this.parameters = (CpuStorage) optimizer.parameters().storage();
    this.gradients = parameters.gradients();
    this.moments =
        optimizer.moments().stream()
            .map(v -> ((CpuStorage) v.storage()).values())
            .toArray(MemorySegment[]::new);
    this.steps = ((CpuStorage) optimizer.steps().storage()).values();
    this.learningRate = learningRate;
    this.elements = optimizer.parameters().elements();
    this.slices = Math.max(1, Math.min(8, elements / SLICE));
    this.squares = new double[slices];
  }

  /// Stages to run one after another.
  List<Kernel> stages() {
    List<Kernel> stages = new ArrayList<>();
    if (optimizer.maxGradientNorm() > 0) {
      stages.add(
          new Kernel("gradient norm", slices, 30 + 0.2 * elements / slices) {
            @Override
            void run(int slice, Scratch scratch) {
              squares[slice] = squares(slice, scratch);
            }
          });
    }
    stages.add(
        new Kernel("prepare step", 1, 100) {
          @Override
          void run(int slice, Scratch scratch) {
            prepare();
          }
        });
    String label = optimizer.rule() + " over " + optimizer.parameters();
    stages.add(
        new Kernel(label, slices, 50 + 0.6 * elements / slices) {
          @Override
          void run(int slice, Scratch scratch) {
            step(slice, scratch);
          }
        });
    return stages;
  }

  private double squares(int slice, Scratch scratch) {
    float[] g = scratch.blocks(1)[0];
    double sum = 0;
    int end = Kernel.from(slice + 1, slices, elements);
    for (int at = Kernel.from(slice, slices, elements); at < end; at += Scratch.BLOCK) {
      int length = Math.min(Scratch.BLOCK, end - at);
      Floats.load(gradients, at, g, length);
      for (int i = 0; i < length; i++) {
        g[i] *= g[i];
      }
      sum += ReduceKernels.sum(g, length);
    }
    return sum;
  }

  private void prepare() {
    float taken = Floats.get(steps, 0) + 1;
    Floats.set(steps, 0, taken);
    rate = Floats.get(learningRate, 0);
    gradientScale = 1;
    if (optimizer.maxGradientNorm() > 0) {
      double sum = 0;
      for (double square : squares) {
        sum += square;
      }
      // As PyTorch's clip_grad_norm_: the small number keeps a zero gradient finite.
      double ratio = optimizer.maxGradientNorm() / (Math.sqrt(sum) + 1e-6);
      gradientScale = ratio < 1 ? (float) ratio : 1;
    }
    switch (optimizer.rule()) {
      case Optimizer.Rule.Adam adam -> corrections(adam.beta1(), adam.beta2(), taken);
      case Optimizer.Rule.AdamW adam -> corrections(adam.beta1(), adam.beta2(), taken);
      case Optimizer.Rule.Sgd _, Optimizer.Rule.RmsProp _ -> {}
    }
    parameters.changed();
  }

  private void corrections(float beta1, float beta2, float taken) {
    correction1 = 1 - StrictMath.pow(beta1, taken);
    correction2 = 1 - StrictMath.pow(beta2, taken);
  }

  private void step(int slice, Scratch scratch) {
    int start = Kernel.from(slice, slices, elements / LANES) * LANES;
    int end = Kernel.from(slice + 1, slices, elements / LANES) * LANES;
    float[][] blocks = scratch.blocks(4);
    for (int at = start; at < end; at += Scratch.BLOCK) {
      int length = Math.min(Scratch.BLOCK, end - at);
      float[] p = blocks[0];
      float[] g = blocks[1];
      Floats.load(parameters.values(), at, p, length);
      Floats.load(gradients, at, g, length);
      for (int i = 0; i < moments.length; i++) {
        Floats.load(moments[i], at, blocks[2 + i], length);
      }
      if (gradientScale != 1) {
        for (int i = 0; i < length; i++) {
          g[i] *= gradientScale;
        }
      }
      switch (optimizer.rule()) {
        case Optimizer.Rule.Sgd rule -> sgd(rule, p, g, blocks[2], length);
        case Optimizer.Rule.RmsProp rule -> rmsProp(rule, p, g, blocks, length);
        case Optimizer.Rule.Adam(float beta1, float beta2, float epsilon) ->
            adam(beta1, beta2, epsilon, 1, blocks, length);
        case Optimizer.Rule.AdamW(float beta1, float beta2, float epsilon, float decay) ->
            adam(beta1, beta2, epsilon, 1 - rate * decay, blocks, length);
      }
      Floats.store(p, parameters.values(), at, length);
      for (int i = 0; i < moments.length; i++) {
        Floats.store(blocks[2 + i], moments[i], at, length);
      }
    }
  }

  private void sgd(Optimizer.Rule.Sgd rule, float[] p, float[] g, float[] v, int length) {
    if (moments.length == 0) {
      for (int i = 0; i < length; i++) {
        p[i] -= rate * g[i];
      }
      return;
    }
    float momentum = rule.momentum();
    for (int i = 0; i < length; i++) {
      v[i] = momentum * v[i] + g[i];
      p[i] -= rate * v[i];
    }
  }

  private void rmsProp(
      Optimizer.Rule.RmsProp rule, float[] p, float[] g, float[][] blocks, int length) {
    float[] n = blocks[2];
    float decay = rule.decay();
    float rest = 1 - decay;
    float epsilon = rule.epsilon();
    for (int i = 0; i < length; i++) {
      n[i] = decay * n[i] + rest * (g[i] * g[i]);
    }
    if (rule.centered()) {
      float[] m = blocks[3];
      for (int i = 0; i < length; i++) {
        m[i] = decay * m[i] + rest * g[i];
        // Rounding makes the difference of equal numbers negative, after some 270 equal gradients.
        float variance = Math.max(n[i] - m[i] * m[i], 0);
        p[i] -= rate * g[i] / (float) Math.sqrt(variance + epsilon);
      }
    } else {
      for (int i = 0; i < length; i++) {
        p[i] -= rate * g[i] / ((float) Math.sqrt(n[i]) + epsilon);
      }
    }
  }

  /// `p = keep * p - lr / (1 - beta1^t) * m / (sqrt(v / (1 - beta2^t)) + epsilon)`.
  ///
  /// Vectors of arrays, not of the arenas' memory: there C2 took a range check out of the loop that
  /// failed in some processes, again and again, and most of the time was spent in the interpreter.
  private void adam(
      float beta1, float beta2, float epsilon, float keep, float[][] blocks, int length) {
    float[] values = blocks[0];
    float[] gradient = blocks[1];
    float[] first = blocks[2];
    float[] second = blocks[3];
    float rest1 = 1 - beta1;
    float rest2 = 1 - beta2;
    float size = (float) (rate / correction1);
    float root = (float) (1 / Math.sqrt(correction2));
    for (int i = 0; i < length; i += SPECIES.length()) {
      FloatVector g = FloatVector.fromArray(SPECIES, gradient, i);
      FloatVector m = FloatVector.fromArray(SPECIES, first, i).mul(beta1).add(g.mul(rest1));
      FloatVector v = FloatVector.fromArray(SPECIES, second, i).mul(beta2);
      v = v.add(g.mul(g).mul(rest2));
      FloatVector step = m.mul(size).div(v.sqrt().mul(root).add(epsilon));
      m.intoArray(first, i);
      v.intoArray(second, i);
      FloatVector.fromArray(SPECIES, values, i).mul(keep).sub(step).intoArray(values, i);
    }
  }

  /// `target += rate * (source - target)` over whole arenas.
  static Kernel blend(Variables source, Variables target, float rate) {
    CpuStorage from = (CpuStorage) source.storage();
    CpuStorage to = (CpuStorage) target.storage();
    int elements = source.elements();
    return new Kernel("blend " + source.name() + " into " + target.name(), 1, 30 + 0.2 * elements) {
      @Override
      void run(int slice, Scratch scratch) {
        if (rate == 1) {
          to.copyFrom(from);
          return;
        }
        float[][] blocks = scratch.blocks(2);
        for (int at = 0; at < elements; at += Scratch.BLOCK) {
          int length = Math.min(Scratch.BLOCK, elements - at);
          Floats.load(from.values(), at, blocks[0], length);
          Floats.load(to.values(), at, blocks[1], length);
          for (int i = 0; i < length; i++) {
            blocks[1][i] += rate * (blocks[0][i] - blocks[1][i]);
          }
          Floats.store(blocks[1], to.values(), at, length);
        }
        to.changed();
      }
    };
  }
}
