package org.jarl.experiments;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// States of the last moments, so that a session can go back. Bounded in moments and in bytes: when
/// the states are too large for the wanted span, every second one is dropped, and from then on half
/// as many are kept.
final class Rewind {
  private final long most;
  private final long span;
  private final long mostBytes;
  private final ArrayDeque<Kept> states = new ArrayDeque<>();

  /// Memory of a state that was dropped. In a long show states would otherwise die of old age,
  /// which collectors of young garbage do not see.
  private byte[] spare = {};

  private long stride = 1;
  private long bytes;

  private record Kept(long moment, byte[] state) {}

  /// @param span moments that must be reached
  /// @param most moments that may be reached
  /// @param mostBytes bytes that the states may take
  Rewind(long span, long most, long mostBytes) {
    this.span = span;
    this.most = most;
    this.mostBytes = mostBytes;
  }

  /// Whether the state of a moment shall be kept.
  boolean wants(long moment) {
    return moment % stride == 0 && (states.isEmpty() || states.getLast().moment() < moment);
  }

  /// Keeps a state that is wanted.
  void keep(long moment, byte[] state) {
    states.add(new Kept(moment, state));
    bytes += state.length;
    while (states.size() > 1 && moment - states.getFirst().moment() > most) {
      drop();
    }
    while (states.size() > 1 && bytes > mostBytes) {
      if (moment - states.getFirst().moment() > span) {
        drop();
      } else {
        thin();
      }
    }
  }

  private void drop() {
    spare = states.removeFirst().state();
    bytes -= spare.length;
  }

  /// Memory to write the next state into, if it fits.
  byte[] spare() {
    byte[] given = spare;
    spare = new byte[0];
    return given;
  }

  private void thin() {
    stride *= 2;
    states.removeIf(kept -> kept.moment() % stride != 0);
    bytes = states.stream().mapToLong(kept -> kept.state().length).sum();
  }

  /// The newest state that is at least `moments` older than `now`, else the oldest there is; those
  /// after it are forgotten.
  ///
  /// @return null when nothing is kept
  byte @Nullable [] back(long now, long moments) {
    while (states.size() > 1 && states.getLast().moment() > now - moments) {
      bytes -= states.removeLast().state().length;
    }
    return states.isEmpty() ? null : states.getLast().state();
  }

  /// Bytes that are kept.
  long bytes() {
    return bytes;
  }

  /// Forgets all.
  void clear() {
    states.clear();
    bytes = 0;
  }
}
