package org.jarl.agents;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.show.Scene;
import org.jarl.nn.DType;
import org.jarl.nn.Engine;
import org.jarl.nn.Gradients;
import org.jarl.nn.Graph;
import org.jarl.nn.Program;
import org.jarl.nn.Tensor;
import org.jspecify.annotations.Nullable;

/// What a policy for one copy makes of an observation, for people who watch it: a number for each
/// action, the value of the state, and how much each place of the observation weighs in the choice.
///
/// Thinking changes nothing: neither what the policy remembers nor what it does next. Think before
/// the policy acts on the same observation. The weights are computed by a program of their own,
/// which is compiled when they are first asked for. One thread uses it, the one of the policy; it
/// follows the policy's parameters as they change.
public final class Thoughts implements AutoCloseable {
  private final Engine engine;
  private final String name;
  private final EnvironmentSpec spec;
  private final Scene.Bars kind;
  private final Mind mind;
  private final Program program;
  private final MemorySegment numbers;
  private final @Nullable MemorySegment spreads;
  private final MemorySegment value;
  private final int count;
  private @Nullable Program slope;

  /// Shape of an observation in terms of the map: `[depth, height, width, channels]`.
  private final int depth;

  private final int height;
  private final int width;
  private final int channels;

  /// The formulas of a policy.
  interface Mind {
    /// Traces what is thought of one observation.
    ///
    /// @param observations `[1, observation]`, f32 as the environment's type, or bytes as they
    ///   become in the network
    Idea trace(Graph graph, Tensor observations);

    /// Fills the inputs of a program other than `observations`.
    ///
    /// @param legal `[A]`, empty where the environment has no mask
    void fill(Program program, boolean[] legal);
  }

  /// What is thought.
  ///
  /// @param numbers `[1, count]`
  /// @param spreads `[1, count]`, standard deviations of the numbers; null where there are none
  /// @param value `[1]`, expected discounted return
  /// @param choice `[1]`, what is large where the policy is sure of its most probable action: its
  ///   value or log-probability. A normal density is flat at its peak, so of continuous actions it
  ///   is the sum of the means
  record Idea(Tensor numbers, @Nullable Tensor spreads, Tensor value, Tensor choice) {}

  Thoughts(Engine engine, String name, EnvironmentSpec spec, Scene.Bars kind, Mind mind) {
    this.engine = engine;
    this.name = name;
    this.spec = spec;
    this.kind = kind;
    this.mind = mind;
    program = engine.compile(name + ".think", this::think);
    numbers = program.output("numbers");
    spreads = kind == Scene.Bars.MEANS ? program.output("spreads") : null;
    value = program.output("value");
    count = (int) (numbers.byteSize() / Float.BYTES);
    List<Integer> shape = spec.observationSpace().shape();
    depth = spec.stacking().depth();
    List<Integer> moment = depth > 1 ? shape.subList(1, shape.size()) : shape;
    int rank = moment.size();
    height = rank >= 2 ? moment.get(0) : 1;
    width = rank >= 2 ? moment.get(1) : moment.get(0);
    int size = spec.observationSpace().size();
    channels = size / depth / height / width;
  }

  private void think(Graph graph) {
    Idea idea = mind.trace(graph, Torso.input(graph, "observations", spec, 1));
    graph.output("numbers", idea.numbers());
    if (idea.spreads() != null) {
      graph.output("spreads", idea.spreads());
    }
    graph.output("value", idea.value());
  }

  /// The gradient of the choice with respect to the observation as numbers.
  private void slope(Graph graph) {
    Tensor seen = Torso.input(graph, "observations", spec, 1);
    Tensor numbersSeen = seen.dtype() == DType.U8 ? seen.toF32().times(1f / 255) : seen;
    Tensor choice = mind.trace(graph, numbersSeen).choice().sum();
    graph.output("slope", Gradients.of(choice, List.of(numbersSeen)).getFirst());
  }

  /// What the numbers are.
  public Scene.Bars kind() {
    return kind;
  }

  /// Numbers there are: one per action, or per number of a continuous action.
  public int count() {
    return count;
  }

  /// Thinks about an observation.
  ///
  /// @param observation of the one copy, in the environment's element type
  /// @param legal `[A]`, empty where the environment has no mask
  public void think(MemorySegment observation, boolean[] legal) {
    run(program, observation, legal);
  }

  private void run(Program on, MemorySegment observation, boolean[] legal) {
    MemorySegment input = on.input("observations");
    MemorySegment.copy(observation, 0, input, 0, input.byteSize());
    mind.fill(on, legal);
    on.run();
  }

  /// Number `i` of what was last thought.
  public float number(int i) {
    return numbers.getAtIndex(ValueLayout.JAVA_FLOAT, i);
  }

  /// Standard deviation of number `i`; 0 where there is none.
  public float spread(int i) {
    return spreads == null ? 0 : spreads.getAtIndex(ValueLayout.JAVA_FLOAT, i);
  }

  /// Expected discounted return from what was last thought of.
  public float value() {
    return value.getAtIndex(ValueLayout.JAVA_FLOAT, 0);
  }

  /// Writes what was last thought.
  public void writeTo(Scene scene) {
    scene.barsAre = kind;
    scene.resizeBars(count);
    for (int i = 0; i < count; i++) {
      scene.bars[i] = number(i);
      scene.spreads[i] = spread(i);
    }
    scene.value = value();
  }

  /// Compiles what [#writeSaliency] needs, for whoever must not wait later.
  public void prepareSaliency() {
    if (slope == null) {
      slope = engine.compile(name + ".slope", this::slope);
    }
  }

  /// Writes how much each place of an observation weighs: the absolute gradient of the choice (the
  /// value or log-probability of the most probable action) with respect to the observation, the
  /// largest over channels and the moments of a stack, scaled so that the largest of all is 1. All
  /// is 0 where the choice does not depend on the observation.
  public void writeSaliency(MemorySegment observation, boolean[] legal, Scene scene) {
    prepareSaliency();
    Program slope = java.util.Objects.requireNonNull(this.slope);
    run(slope, observation, legal);
    MemorySegment gradient = slope.output("slope");
    scene.resizeSaliency(height, width);
    int places = height * width;
    float largest = 0;
    for (int place = 0; place < places; place++) {
      float most = 0;
      for (int moment = 0; moment < depth; moment++) {
        for (int channel = 0; channel < channels; channel++) {
          long at = (long) (moment * places + place) * channels + channel;
          most = Math.max(most, Math.abs(gradient.getAtIndex(ValueLayout.JAVA_FLOAT, at)));
        }
      }
      scene.saliency[place] = most;
      largest = Math.max(largest, most);
    }
    for (int place = 0; place < places && largest > 0; place++) {
      scene.saliency[place] /= largest;
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
