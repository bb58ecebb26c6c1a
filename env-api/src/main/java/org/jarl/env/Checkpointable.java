package org.jarl.env;

/// Something whose exact state can be written down and taken up again, bit for bit.
///
/// After `b.load(...)` of what `a.save(...)` wrote, `a` and `b` behave equally for ever. Everything
/// that can influence what follows belongs to the state, random streams included.
public interface Checkpointable {

  /// Writes the whole state.
  void save(StateWriter to);

  /// Takes up a state that [#save] of an equally configured object wrote.
  ///
  /// @throws IllegalArgumentException if it is the state of something else
  void load(StateReader from);
}
