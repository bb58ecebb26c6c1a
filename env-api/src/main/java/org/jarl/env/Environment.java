package org.jarl.env;

/// One simulator, as its author writes it.
///
/// The caller first calls [#reset], then [#step] until a step terminates or truncates, then
/// [#reset] again. Nothing needs to be allocated per step: both write into memory of the caller.
/// All randomness comes from the [RandomStream] that is passed in, which the caller also saves.
/// Time limits are not the author's work: say [EnvironmentSpec#withTimeLimit]. Not thread-safe; one
/// object is one copy.
public interface Environment extends Checkpointable, AutoCloseable {

  /// What this environment looks like to a learner; the same on every call.
  EnvironmentSpec spec();

  /// Starts an episode and writes its first observation.
  ///
  /// @param random the only randomness that may be used; do not keep it
  void reset(RandomStream random, Observation out);

  /// Advances by one agent step.
  ///
  /// @param action within the action space, and legal where the spec has a mask
  /// @param out receives observation, reward, end and legal actions
  void step(Action action, Step out);

  /// Writes which actions are legal in the present state; called after [#reset] for environments
  /// whose spec has a mask.
  ///
  /// @param legal `[A]`, all true on entry
  default void legalActions(boolean[] legal) {}

  /// Draws the present state.
  ///
  /// @return false when this environment cannot be shown; the frame is then unchanged
  default boolean render(Frame frame) {
    return false;
  }

  /// Frees what is outside the heap.
  @Override
  default void close() {}
}
