package org.jarl.agents;

import java.lang.foreign.MemorySegment;
import org.jarl.env.ActionBatch;
import org.jarl.env.RandomStream;

/// Chooses actions for `N` copies at a time, without learning. One thread uses it.
public interface Policy extends AutoCloseable {

  /// Chooses one action per copy.
  ///
  /// @param observations `[N, observation]` in the environment's element type
  /// @param legalActions `[N, A]`, empty where the environment has no mask
  /// @param random for policies that draw
  /// @param out receives an action per copy
  void act(
      MemorySegment observations, boolean[] legalActions, RandomStream random, ActionBatch out);

  @Override
  void close();
}
