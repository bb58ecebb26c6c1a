package org.jarl.agents;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Objects;
import org.jarl.env.EnvironmentSpec;
import org.jarl.nn.DType;
import org.jarl.nn.Engine;
import org.jarl.nn.Gradients;
import org.jarl.nn.Graph;
import org.jarl.nn.Program;
import org.jarl.nn.Tensor;
import org.jspecify.annotations.Nullable;

/// Explains the choices of a policy for one copy, for people who watch it: a number for each
/// action, the value of the state, and how much each place of the observation weighs in the choice.
///
/// Explaining changes nothing: neither the policy's memory nor its next action. Explain an
/// observation before the policy acts on it. The weights of places are computed by a program of
/// their own, compiled on first use. One thread uses it, the one of the policy; it follows the
/// policy's parameters as they change.
public final class Explainer implements AutoCloseable {
  private final Engine engine;
  private final String name;
  private final EnvironmentSpec spec;
  private final Kind kind;
  private final Source source;
  private final Program program;
  private final MemorySegment numbers;
  private final @Nullable MemorySegment deviations;
  private final MemorySegment value;
  private final int count;
  private @Nullable Program slope;

  /// Shape of an observation in terms of the map: `[depth, height, width, channels]`.
  private final int depth;

  private final int height;
  private final int width;
  private final int channels;

  /// Meaning of the numbers.
  public enum Kind {
    /// Expected return of each action.
    ACTION_VALUES,
    /// Probability of each action.
    PROBABILITIES,
    /// Mean of each number of a continuous action.
    MEANS
  }

  /// A policy's formulas.
  interface Source {
    /// Traces the explanation of one observation.
    ///
    /// @param observations `[1, observation]`, f32 as the environment's type, or bytes as they
    ///   become in the network
    Explanation trace(Graph graph, Tensor observations);

    /// Fills the inputs of a program other than `observations`.
    ///
    /// @param legal `[A]`, empty where the environment has no mask
    void fill(Program program, boolean[] legal);
  }

  /// Tensors of an explanation.
  ///
  /// @param numbers `[1, count]`
  /// @param deviations `[1, count]`, standard deviations of the numbers; null where there are none
  /// @param value `[1]`, expected discounted return
  /// @param choice `[1]`, large where the policy is sure of its most probable action: the action's
  ///   value or log-probability. A normal density is flat at its peak, so of continuous actions it
  ///   is the sum of the means
  record Explanation(Tensor numbers, @Nullable Tensor deviations, Tensor value, Tensor choice) {}

  Explainer(Engine engine, String name, EnvironmentSpec spec, Kind kind, Source source) {
    this.engine = engine;
    this.name = name;
    this.spec = spec;
    this.kind = kind;
    this.source = source;
    program = engine.compile(name + ".explain", this::explain);
    numbers = program.output("numbers");
    deviations = kind == Kind.MEANS ? program.output("deviations") : null;
    value = program.output("value");
    count = (int) (numbers.byteSize() / Float.BYTES);
    List<Integer> shape = spec.observationSpace().shape();
    depth = spec.stacking().depth();
    List<Integer> frame = depth > 1 ? shape.subList(1, shape.size()) : shape;
    int rank = frame.size();
    height = rank >= 2 ? frame.get(0) : 1;
    width = rank >= 2 ? frame.get(1) : frame.get(0);
    int size = spec.observationSpace().size();
    channels = size / depth / height / width;
  }

  private void explain(Graph graph) {
    Explanation explanation = source.trace(graph, Torso.input(graph, "observations", spec, 1));
    graph.output("numbers", explanation.numbers());
    if (explanation.deviations() != null) {
      graph.output("deviations", explanation.deviations());
    }
    graph.output("value", explanation.value());
  }

  /// The gradient of the choice with respect to the observation as numbers.
  private void slope(Graph graph) {
    Tensor seen = Torso.input(graph, "observations", spec, 1);
    Tensor numbersSeen = seen.dtype() == DType.U8 ? seen.toF32().times(1f / 255) : seen;
    Tensor choice = source.trace(graph, numbersSeen).choice().sum();
    graph.output("slope", Gradients.of(choice, List.of(numbersSeen)).getFirst());
  }

  /// Meaning of the numbers.
  public Kind kind() {
    return kind;
  }

  /// Count of the numbers: one per action, or per number of a continuous action.
  public int count() {
    return count;
  }

  /// Explains an observation; afterwards [#number], [#deviation] and [#value] are of it.
  ///
  /// @param observation of the one copy, in the environment's element type
  /// @param legal `[A]`, empty where the environment has no mask
  public void explain(MemorySegment observation, boolean[] legal) {
    run(program, observation, legal);
  }

  private void run(Program on, MemorySegment observation, boolean[] legal) {
    MemorySegment input = on.input("observations");
    MemorySegment.copy(observation, 0, input, 0, input.byteSize());
    source.fill(on, legal);
    on.run();
  }

  /// Number `i` of the last observation explained.
  public float number(int i) {
    return numbers.getAtIndex(ValueLayout.JAVA_FLOAT, i);
  }

  /// Standard deviation of number `i`; 0 where there is none.
  public float deviation(int i) {
    return deviations == null ? 0 : deviations.getAtIndex(ValueLayout.JAVA_FLOAT, i);
  }

  /// Expected discounted return from the last observation explained.
  public float value() {
    return value.getAtIndex(ValueLayout.JAVA_FLOAT, 0);
  }

  /// Height of the saliency map: that of a picture, 1 for plain numbers.
  public int saliencyHeight() {
    return height;
  }

  /// Width of the saliency map: that of a picture, or the count of plain numbers.
  public int saliencyWidth() {
    return width;
  }

  /// Compiles the program of [#saliency] ahead of its first use.
  public void prepareSaliency() {
    if (slope == null) {
      slope = engine.compile(name + ".slope", this::slope);
    }
  }

  /// Weight of each place of an observation: the absolute gradient of the choice (value or
  /// log-probability of the most probable action) with respect to the observation, the largest over
  /// channels and the frames of a stack, scaled so that the largest of all is 1. All is 0 where the
  /// choice does not depend on the observation.
  ///
  /// @param legal `[A]`, empty where the environment has no mask
  /// @param out `[height, width]` of the map, is filled
  public void saliency(MemorySegment observation, boolean[] legal, float[] out) {
    prepareSaliency();
    Program slope = Objects.requireNonNull(this.slope);
    run(slope, observation, legal);
    MemorySegment gradient = slope.output("slope");
    int places = height * width;
    float largest = 0;
    for (int place = 0; place < places; place++) {
      float most = 0;
      for (int frame = 0; frame < depth; frame++) {
        for (int channel = 0; channel < channels; channel++) {
          long at = (long) (frame * places + place) * channels + channel;
          most = Math.max(most, Math.abs(gradient.getAtIndex(ValueLayout.JAVA_FLOAT, at)));
        }
      }
      out[place] = most;
      largest = Math.max(largest, most);
    }
    for (int place = 0; place < places && largest > 0; place++) {
      out[place] /= largest;
    }
  }

  @Override
  public void close() {
    program.close();
    if (slope != null) {
      slope.close();
    }
  }
}
