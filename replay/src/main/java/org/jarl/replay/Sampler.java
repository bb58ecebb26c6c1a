package org.jarl.replay;

import java.lang.foreign.MemorySegment;
import org.jarl.env.Checkpointable;
import org.jarl.env.RandomStream;

/// Choice of the transitions that a [ReplayBuffer] draws, apart from how they are stored.
///
/// A transition is known by its id: its number, counted from the first that was ever added, copies
/// in order within a step. The transitions that can be drawn are those from one id up to another;
/// both only grow, as new transitions become whole and old ones are overwritten or lost. A
/// transition of id `i` lies in row `i % rowCount` of the ring ([ReplaySettings#rowCount]), which
/// is how a sampler keeps numbers of its own beside them.
///
/// Not sealed: how to choose belongs to the algorithm that learns, and a new choice is a new class.
///
/// Nothing may be allocated by [#setDrawable], [#draw] and [#prioritize]. All that is random comes
/// from the stream that is handed in, and equal calls make equal choices.
public interface Sampler extends Checkpointable {
  /// Sampler that draws each transition with the same probability, with replacement: one number of
  /// the stream for each. All weights stay 1, and priorities are ignored.
  static Sampler uniform() {
    return new UniformSampler();
  }

  /// Tells which transitions can be drawn from here on. Called after every step, and after [#load]
  /// with what it was when the state was saved.
  ///
  /// @param first id of the oldest
  /// @param end id after that of the newest
  void setDrawable(long first, long end);

  /// Draws transitions among those that can be drawn, of which there is at least one.
  ///
  /// @param ids `[B]`, receives their ids
  /// @param weights `[B]` f32, receives what the loss of each is multiplied by; holds ones unless a
  ///   sampler has written to it
  void draw(RandomStream random, long[] ids, MemorySegment weights);

  /// Takes priorities of transitions that were drawn before. Some may be gone by now: their ids are
  /// below the first that can be drawn, and what is said of them means nothing.
  ///
  /// @param ids `[B]`, as drawn
  /// @param priorities `[B]` f32, such as the losses of an update
  void prioritize(long[] ids, MemorySegment priorities);
}
