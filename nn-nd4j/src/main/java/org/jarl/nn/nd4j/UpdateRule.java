package org.jarl.nn.nd4j;

import static org.nd4j.linalg.ops.transforms.Transforms.max;
import static org.nd4j.linalg.ops.transforms.Transforms.sqrt;

import java.util.List;
import org.jarl.nn.DType;
import org.jarl.nn.Optimizer;
import org.jarl.nn.Parameter;
import org.jarl.nn.Shape;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/// One step of an [Optimizer] on flat arrays, formula by formula as [Optimizer.Rule] states them.
///
/// ND4J's own updaters are not used: its Adam adds epsilon before the bias correction.
final class UpdateRule {
  private final Optimizer optimizer;
  private final INDArray parameters;
  private final INDArray[] moments;
  private final INDArray steps;

  UpdateRule(Optimizer optimizer) {
    this.optimizer = optimizer;
    this.parameters = Nd4jStorage.of(optimizer.parameters()).values();
    this.moments =
        optimizer.moments().stream().map(v -> Nd4jStorage.of(v).values()).toArray(INDArray[]::new);
    this.steps = Nd4jStorage.of(optimizer.steps()).values();
  }

  /// @param gradients one per parameter, in its order and shape
  void step(List<INDArray> gradients, float rate) {
    INDArray g = flat(gradients);
    clip(g);
    float taken = steps.getFloat(0) + 1;
    steps.putScalar(0, taken);
    switch (optimizer.rule()) {
      case Optimizer.Rule.Sgd(float momentum) -> sgd(momentum, g, rate);
      case Optimizer.Rule.RmsProp rule -> rmsProp(rule, g, rate);
      case Optimizer.Rule.Adam(float beta1, float beta2, float epsilon) ->
          adam(beta1, beta2, epsilon, g, rate, taken);
      case Optimizer.Rule.AdamW(float beta1, float beta2, float epsilon, float weightDecay) -> {
        parameters.muli(1 - rate * weightDecay);
        adam(beta1, beta2, epsilon, g, rate, taken);
      }
    }
  }

  /// Gradients in the layout of the parameters, zero in the gaps.
  private INDArray flat(List<INDArray> gradients) {
    INDArray flat = HostArrays.zeros(DType.F32, Shape.of((int) parameters.length()));
    List<Parameter> layout = optimizer.parameters().parameters();
    for (int i = 0; i < gradients.size(); i++) {
      long from = layout.get(i).offset();
      long length = gradients.get(i).length();
      flat.get(NDArrayIndex.interval(from, from + length))
          .assign(gradients.get(i).reshape('c', new long[] {length}));
    }
    return flat;
  }

  private void clip(INDArray g) {
    if (optimizer.maxGradientNorm() > 0) {
      INDArray exact = g.castTo(DataType.DOUBLE);
      double norm = Math.sqrt(Operations.dot(exact, exact).getDouble(0));
      // As PyTorch's clip_grad_norm_: the small number keeps a zero gradient finite.
      double ratio = optimizer.maxGradientNorm() / (norm + 1e-6);
      if (ratio < 1) {
        g.muli((float) ratio);
      }
    }
  }

  private void sgd(float momentum, INDArray g, float rate) {
    if (moments.length == 0) {
      parameters.subi(g.mul(rate));
      return;
    }
    moments[0].muli(momentum).addi(g);
    parameters.subi(moments[0].mul(rate));
  }

  private void rmsProp(Optimizer.Rule.RmsProp rule, INDArray g, float rate) {
    INDArray n = moments[0];
    average(n, rule.decay(), g.mul(g));
    INDArray size;
    if (rule.centered()) {
      INDArray m = moments[1];
      average(m, rule.decay(), g);
      size = sqrt(max(n.sub(m.mul(m)), 0, false).addi(rule.epsilon()), false);
    } else {
      size = sqrt(n, true).addi(rule.epsilon());
    }
    parameters.subi(g.mul(rate).divi(size));
  }

  private void adam(float beta1, float beta2, float epsilon, INDArray g, float rate, float taken) {
    average(moments[0], beta1, g);
    average(moments[1], beta2, g.mul(g));
    float step = (float) (rate / (1 - StrictMath.pow(beta1, taken)));
    float root = (float) (1 / Math.sqrt(1 - StrictMath.pow(beta2, taken)));
    INDArray size = sqrt(moments[1], true).muli(root).addi(epsilon);
    parameters.subi(moments[0].mul(step).divi(size));
  }

  /// `mean = decay * mean + (1 - decay) * value`
  private static void average(INDArray mean, float decay, INDArray value) {
    mean.muli(decay).addi(value.mul(1 - decay));
  }

  /// `target += rate * (source - target)`
  static void blend(INDArray source, INDArray target, float rate) {
    if (rate == 1) {
      target.assign(source);
    } else {
      target.addi(source.sub(target).muli(rate));
    }
  }
}
