package org.jarl.agents;

import java.lang.foreign.MemorySegment;
import org.jarl.env.ActionBatch;
import org.jarl.env.RandomStream;

/// Chooses actions for `N` copies at a time, without learning. One thread uses it.
public interface Policy extends AutoCloseable {

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

  @Override
  void close();
}
