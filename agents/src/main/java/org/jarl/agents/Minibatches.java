package org.jarl.agents;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jarl.env.RandomStream;
import org.jarl.nn.DType;
import org.jarl.nn.Graph;
import org.jarl.nn.Program;
import org.jarl.nn.Tensor;
import org.jspecify.annotations.Nullable;

/// Minibatches of a rollout: each epoch takes all sequences of it once, in a random order, in equal
/// parts. Without a memory a sequence is one step.
///
/// A program takes one minibatch in each of its rounds, by the rows and sequences of the rollout.
final class Minibatches {
  private final RolloutBuffer.Size size;
  private final int perEpoch;
  private final int epochs;
  private final RandomStream random;
  private final int[] order;

  /// @param perEpoch minibatches of an epoch; divides the sequences of the rollout
  Minibatches(RolloutBuffer.Size size, int perEpoch, int epochs, RandomStream random) {
    this.size = size;
    this.perEpoch = perEpoch;
    this.epochs = epochs;
    this.random = random;
    order = new int[size.sequences()];
  }

  /// Minibatches of all epochs.
  int rounds() {
    return perEpoch * epochs;
  }

  /// Input: rows of the round's minibatch, i32 `[B]`.
  Tensor rows(Graph graph) {
    return graph.inputOfRound("rows", DType.I32, size.steps() / perEpoch);
  }

  /// Input: sequences of the round's minibatch, i32 `[B / L]`; null without a memory.
  @Nullable Tensor sequences(Graph graph, ActorCritic network) {
    return network.stateSize() > 0
        ? graph.inputOfRound("sequences", DType.I32, order.length / perEpoch)
        : null;
  }

  /// Deals the sequences of the rollout to the minibatches of every epoch anew.
  ///
  /// @param remembers whether the program takes sequences too
  void deal(Program learner, boolean remembers) {
    MemorySegment rows = learner.input("rows");
    MemorySegment chosen = remembers ? learner.input("sequences") : MemorySegment.NULL;
    int perMinibatch = order.length / perEpoch;
    long row = 0;
    for (int epoch = 0; epoch < epochs; epoch++) {
      shuffle();
      for (int first = 0; first < order.length; first += perMinibatch) {
        for (int step = 0; step < size.sequenceLength(); step++) {
          for (int s = first; s < first + perMinibatch; s++) {
            rows.setAtIndex(ValueLayout.JAVA_INT, row++, row(order[s], step));
          }
        }
      }
      if (remembers) {
        long at = 4L * epoch * order.length;
        MemorySegment.copy(order, 0, chosen, ValueLayout.JAVA_INT, at, order.length);
      }
    }
  }

  /// All sequences in a new order, built from the inside out (Durstenfeld 1964).
  private void shuffle() {
    for (int i = 0; i < order.length; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
  }

  /// Row of a rollout that holds step `step` of sequence `sequence`, where sequence `k N + i` is
  /// the `k`-th of copy `i`.
  private int row(int sequence, int step) {
    int part = sequence / size.count();
    int copy = sequence % size.count();
    return (part * size.sequenceLength() + step) * size.count() + copy;
  }
}
