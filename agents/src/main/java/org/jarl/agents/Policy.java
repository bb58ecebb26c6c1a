package org.jarl.agents;

import java.lang.foreign.MemorySegment;
import org.jarl.env.ActionBatch;
import org.jarl.env.Checkpointable;
import org.jarl.env.RandomStream;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jspecify.annotations.Nullable;

/// Chooses actions for `N` copies at a time, without learning. One thread uses it.
///
/// Its saved state is what it remembers of the copies, nothing where there is no memory; the
/// parameters are not part of it.
public interface Policy extends Checkpointable, AutoCloseable {

  /// What is made of the probabilities that a policy gives to actions.
  enum Choice {
    /// The most probable action; of numbers, their mean.
    MODE,
    /// Drawn by their probabilities.
    SAMPLE
  }

  /// Chooses one action per copy.
  ///
  /// @param observations `[N, observation]` in the environment's element type
  /// @param legalActions `[N, A]`, empty where the environment has no mask
  /// @param random for policies that draw
  /// @param out receives an action per copy
  void act(
      MemorySegment observations, boolean[] legalActions, RandomStream random, ActionBatch out);

  /// Says that what [#act] sees next of a copy is the first of an episode: a policy with a memory
  /// forgets. A new policy has forgotten everything.
  ///
  /// @param copy `0 .. N-1`
  default void begin(int copy) {}

  /// Whether what was seen before counts.
  default boolean remembers() {
    return false;
  }

  /// An explainer of this policy's choices, for people who watch it. The caller closes it before
  /// the policy.
  ///
  /// @return null for a policy that cannot explain itself, and for one of several copies
  default @Nullable Explainer explainer() {
    return null;
  }

  @Override
  default void save(StateWriter to) {}

  @Override
  default void load(StateReader from) {}

  @Override
  void close();
}
