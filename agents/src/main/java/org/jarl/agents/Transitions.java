package org.jarl.agents;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import org.jarl.env.ActionBatch;
import org.jarl.env.Checkpointable;
import org.jarl.env.EnvironmentSpec;
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
import org.jarl.replay.ReplaySettings;
import org.jarl.replay.Sampler;
import org.jspecify.annotations.Nullable;

/// Transitions from the environment to the program of an update: a replay buffer, and the inputs
/// that a batch of it is drawn into. How transitions are stored and drawn stays in here: whole, or as
/// indices of frames that the program takes from where they lie; with equal weights, or weighted and
/// with the losses as priorities.
///
///     begin, add ----> ReplayBuffer ---- sample ----> inputs of the program
///                           ^                            |
///                           +----- losses, where --------+
///                                they are priorities
///
/// One thread at a time uses it; nothing is allocated by [#add] and [#sample].
final class Transitions implements Checkpointable, AutoCloseable {
  private static final String PRIORITIES = "priorities";

  private final Task task;
  private final int batchSize;
  private final RandomStream random;
  private final @Nullable Sampler prioritized;
  private final ReplayBuffer replay;

  /// Frames of stacked observations, which a program takes by index; null where observations are
  /// not stacked.
  private final @Nullable RowTable frames;

  private @Nullable Program update;
  private @Nullable ReplayBatch batch;

  /// Whether the program has run on the batch, so that its losses are priorities to come.
  private boolean drawn;

  /// Priorities to come that a checkpoint held, `[B]`; null where they are the program's losses.
  private float @Nullable [] restored;

  /// Inputs of a program that learns from a batch of `B` transitions.
  ///
  /// @param observations `[B, observation]`
  /// @param actions i32 `[B]`, or `[B, D]` of their type
  /// @param rewards `[B]`, n-step returns
  /// @param discounts `[B]`, of the value of the next observation
  /// @param nextObservations `[B, observation]`
  /// @param nextLegal `[B, A]`, 1 for actions that are legal after it, else 0; null where all are
  /// @param weights `[B]`, of the losses; null where all are 1
  record Inputs(
      Tensor observations,
      Tensor actions,
      Tensor rewards,
      Tensor discounts,
      Tensor nextObservations,
      @Nullable Tensor nextLegal,
      @Nullable Tensor weights) {

    /// Loss of the batch: the mean, weighted where the sampler draws with weights. The losses
    /// without weights are then the priorities of these transitions.
    ///
    /// @param losses `[B]`
    Tensor mean(Tensor losses) {
      if (weights == null) {
        return losses.mean();
      }
      losses.graph().output(PRIORITIES, losses);
      return losses.times(weights).mean();
    }
  }

  /// An empty buffer.
  ///
  /// @param batchSize transitions of a batch, `B`
  /// @param random source of the draws; the caller saves it
  /// @param prioritized draws with weights, by the losses as priorities; null to draw uniformly
  /// @throws IllegalArgumentException if the memory is not to be had
  Transitions(
      Task task,
      ReplaySettings settings,
      int batchSize,
      RandomStream random,
      @Nullable Sampler prioritized) {
    this.task = task;
    this.batchSize = batchSize;
    this.random = random;
    this.prioritized = prioritized;
    replay = new ReplayBuffer(settings, prioritized == null ? Sampler.uniform() : prioritized);
    frames = task.spec().stacking().depth() > 1 ? table() : null;
  }

  private RowTable table() {
    RowTable table = task.engine().table("replay.frames", replay.frames(), replay.frameBytes());
    replay.listen(table::changed);
    return table;
  }

  /// Declares the inputs.
  Inputs inputs(Graph graph) {
    EnvironmentSpec spec = task.spec();
    return new Inputs(
        observations(graph, "observations"),
        ActorCritic.actions(graph, spec, batchSize),
        graph.input("rewards", batchSize),
        graph.input("discounts", batchSize),
        observations(graph, "nextObservations"),
        spec.masksActions() ? graph.input("nextLegal", batchSize, spec.maskSize()) : null,
        prioritized == null ? null : graph.input("weights", batchSize));
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
  /// @param program whose inputs [#inputs] declared
  void feed(Program program) {
    update = program;
    ReplayBatch plain =
        new ReplayBatch(
            batchSize,
            program.input("observations"),
            program.input("actions"),
            program.input("rewards"),
            program.input("discounts"),
            program.input("nextObservations"));
    ReplayBatch masked =
        task.spec().masksActions()
            ? plain.withLegalActions(MemorySegment.NULL, program.input("nextLegal"))
            : plain;
    batch = prioritized == null ? masked : masked.withWeights(program.input("weights"));
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

  /// Draws a batch into the program's inputs. Where losses are priorities those of the last batch
  /// are read first, so that every draw follows from all updates before it.
  ///
  /// @throws IllegalStateException before [#feed], or where nothing can be drawn yet
  void sample() {
    Program program = update;
    ReplayBatch into = batch;
    if (program == null || into == null) {
      throw new IllegalStateException("a batch needs a program: call feed first");
    }
    prioritize();
    if (frames != null) {
      replay.sampleIndicesInto(random, into);
    } else {
      replay.sampleInto(random, into);
    }
    drawn = prioritized != null;
  }

  private void prioritize() {
    if (drawn && batch != null) {
      replay.prioritize(batch, priorities());
      drawn = false;
      restored = null;
    }
  }

  /// Priorities to come, `[B]`.
  private MemorySegment priorities() {
    if (restored != null) {
      return MemorySegment.ofArray(restored);
    }
    return Objects.requireNonNull(update).output(PRIORITIES);
  }

  /// Bytes outside the heap.
  long offHeapBytes() {
    return replay.offHeapBytes();
  }

  /// Priorities to come are saved as such: given now they would change what a new transition is
  /// worth before the next draw, and a run with checkpoints would differ from one without.
  @Override
  public void save(StateWriter to) {
    replay.save(to);
    if (prioritized != null) {
      to.putBoolean(drawn);
      if (drawn && batch != null) {
        for (long id : batch.ids()) {
          to.putLong(id);
        }
        to.putFloats(priorities().toArray(ValueLayout.JAVA_FLOAT));
      }
    }
  }

  @Override
  public void load(StateReader from) {
    replay.load(from);
    drawn = prioritized != null && from.getBoolean();
    restored = null;
    if (drawn) {
      long[] ids = Objects.requireNonNull(batch, "feed comes before load").ids();
      for (int i = 0; i < ids.length; i++) {
        ids[i] = from.getLong();
      }
      restored = new float[batchSize];
      from.getFloats(restored);
    }
  }

  @Override
  public void close() {
    if (frames != null) {
      frames.close();
    }
    replay.close();
  }
}
