package org.jarl.env;

/// `N` copies of one environment, stepped together, as a learner uses them.
///
/// Copy `i` draws from stream `i` of the seed, so results do not depend on threads or on how the
/// copies are implemented. A copy whose episode ends is reset at once; see [StepBatch]. The saved
/// state holds every simulator, every random stream and the present [StepBatch]. Not thread-safe:
/// one thread calls, whatever happens inside.
public interface VectorEnvironment extends Checkpointable, AutoCloseable {

  /// The spec of one copy, time limit and wrappers included.
  EnvironmentSpec spec();

  /// Number of copies, `N`.
  int count();

  /// Starts every copy anew.
  ///
  /// @return the object that [#current] and every [#step] return
  StepBatch reset(long seed);

  /// Advances every copy by one agent step.
  ///
  /// @throws IllegalArgumentException if an action is out of range or illegal, naming copy, value
  ///   and range; no copy was stepped then
  /// @throws IllegalStateException before the first [#reset] or [#load]
  StepBatch step(ActionBatch actions);

  /// What the last call returned; after [#load] what it returned before [#save].
  ///
  /// @throws IllegalStateException before the first [#reset] or [#load]
  StepBatch current();

  /// Draws one copy.
  ///
  /// @return false when it cannot be shown
  boolean render(int copy, Frame frame);

  @Override
  void close();
}
