package org.jarl.replay;

import org.jarl.env.ActionBatch;
import org.jarl.env.Checkpointable;
import org.jarl.env.StepBatch;

/// Transitions of a replay buffer by row of its ring: how they lie in memory, and nothing of which
/// of them may be drawn.
///
/// For each step and copy, in this order: [#putAction], [#follow], [#putOutcome] for every step
/// that is complete with it, [#putPresent].
interface TransitionStore extends Checkpointable, AutoCloseable {
  /// Transitions that are read at once, at most.
  int ROUND = 128;

  /// Number of rows.
  int rowCount();

  /// Bytes outside the heap.
  long bytes();

  /// Writes what a copy sees before its first step.
  void begin(int row, StepBatch current, int copy);

  /// Writes what was done.
  void putAction(int row, ActionBatch actions, int copy);

  /// Takes what followed the latest step of a copy, its episode's last observation included; the
  /// outcomes that come refer to it.
  ///
  /// @param step number of the step, from 1
  void follow(StepBatch after, int copy, long step);

  /// Writes the outcome of a step that ends where the latest one does.
  void putOutcome(int row, StepBatch after, int copy, float reward, float discount);

  /// Writes what a copy sees now.
  ///
  /// @param step number of the step that led there, from 1
  void putPresent(int row, StepBatch after, int copy, long step);

  /// Steps, counted from the very first, whose observations are whole no longer.
  long lostSteps();

  /// Copies transitions to the places `first ..` of a batch.
  ///
  /// @param which their rows
  /// @param length how many of them, at most [#ROUND]
  void read(int[] which, int length, ReplayBatch into, int first);

  @Override
  void close();
}
