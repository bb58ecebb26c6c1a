package org.jarl.agents;

import org.jarl.env.ActionBatch;
import org.jarl.env.Checkpointable;
import org.jarl.env.RandomStream;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.StepBatch;
import org.jarl.nn.DType;
import org.jarl.nn.Graph;
import org.jarl.nn.Program;
import org.jarl.nn.RowTable;
import org.jarl.nn.Tensor;
import org.jarl.replay.ReplayBatch;
import org.jarl.replay.ReplayBuffer;
import org.jspecify.annotations.Nullable;

/// Transitions from the environment to the program of an update: a replay buffer, and the inputs
/// that a batch of it is drawn into. How transitions are stored stays in here: whole, or as indices
/// of frames that the program takes from where they lie.
///
///     begin, add ----> ReplayBuffer ---- sample ----> inputs of the program
///
/// One thread at a time uses it; nothing is allocated by [#add] and [#sample].
final class Transitions implements Checkpointable, AutoCloseable {
  private final Task task;
  private final int batchSize;
  private final RandomStream random;
  private final ReplayBuffer replay;

  /// Frames of stacked observations, which a program takes by index; null where observations are
  /// not stacked.
  private final @Nullable RowTable frames;

  private @Nullable ReplayBatch batch;

  /// Inputs of a program that learns from a batch of `B` transitions.
  ///
  /// @param observations `[B, observation]`
  /// @param actions i32 `[B]`, or `[B, D]` of their type
  /// @param rewards `[B]`, n-step returns
  /// @param discounts `[B]`, of the value of the next observation
  /// @param nextObservations `[B, observation]`
  /// @param nextLegal `[B, A]`, 1 for actions that are legal after it, else 0; null where all are
  record Inputs(
      Tensor observations,
      Tensor actions,
      Tensor rewards,
      Tensor discounts,
      Tensor nextObservations,
      @Nullable Tensor nextLegal) {

    /// Loss of the batch: the mean, weighted where the sampler draws with weights.
    ///
    /// @param losses `[B]`
    Tensor mean(Tensor losses) {
      return losses.mean();
    }
  }

  /// An empty buffer.
  ///
  /// @param batchSize transitions of a batch, `B`
  /// @param random source of the draws; the caller saves it
  /// @throws IllegalArgumentException if the memory is not to be had
  Transitions(Task task, ReplayBuffer.Settings settings, int batchSize, RandomStream random) {
    this.task = task;
    this.batchSize = batchSize;
    this.random = random;
    replay = new ReplayBuffer(settings);
    frames = task.spec().stacking().depth() > 1 ? table() : null;
  }

  private RowTable table() {
    RowTable table = task.engine().table("replay.frames", replay.moments(), replay.momentBytes());
    replay.watchMoments(table::changed);
    return table;
  }

  /// Declares the inputs.
  Inputs inputs(Graph graph) {
    return new Inputs(
        observations(graph, "observations"),
        ActorCritic.actions(graph, task.spec(), batchSize),
        graph.input("rewards", batchSize),
        graph.input("discounts", batchSize),
        observations(graph, "nextObservations"),
        null);
  }

  private Tensor observations(Graph graph, String name) {
    if (frames == null) {
      return Torso.input(graph, name, task.spec(), batchSize);
    }
    Tensor indices = graph.input(name, DType.I32, batchSize, task.spec().stacking().depth());
    return Torso.stacks(graph, frames, indices, task.spec());
  }

  /// Draws batches into a program from here on.
  ///
  /// @param update whose inputs [#inputs] declared
  void feed(Program update) {
    batch =
        new ReplayBatch(
            batchSize,
            update.input("observations"),
            update.input("actions"),
            update.input("rewards"),
            update.input("discounts"),
            update.input("nextObservations"));
  }

  /// Takes the observations before the first step; does nothing after [#load].
  void begin(StepBatch current) {
    if (!replay.hasBegun()) {
      replay.begin(current);
    }
  }

  /// Takes one step of every copy.
  void add(ActionBatch actions, StepBatch after) {
    replay.add(actions, after);
  }

  /// Draws a batch into the program's inputs.
  ///
  /// @throws IllegalStateException before [#feed], or where nothing can be drawn yet
  void sample() {
    if (batch == null) {
      throw new IllegalStateException("a batch needs a program: call feed first");
    }
    if (frames != null) {
      replay.samplePlacesInto(random, batch);
    } else {
      replay.sampleInto(random, batch);
    }
  }

  /// Bytes outside the heap.
  long offHeapBytes() {
    return replay.offHeapBytes();
  }

  @Override
  public void save(StateWriter to) {
    replay.save(to);
  }

  @Override
  public void load(StateReader from) {
    replay.load(from);
  }

  @Override
  public void close() {
    if (frames != null) {
      frames.close();
    }
    replay.close();
  }
}
