package org.jarl.experiments.show;

import org.jspecify.annotations.Nullable;

/// States of the last steps, so that a session can go back. They lie one after another in a ring
/// of bytes, which grows to a limit and is then used again and again, so that a long show leaves no
/// garbage. Where the limit is too small for the wanted span, every second state is dropped, and
/// from then on half as many are kept.
///
///     positions count the bytes ever written; position p lies at p modulo the ring's length
///
///     | state of step 40 | state of step 45 | state of step 50 |
///     starts[first]                                                   end()
final class Rewind {
  private final long most;
  private final long span;
  private final int mostBytes;

  /// Steps and positions of the states, the oldest at index 0.
  private final long[] steps;

  private final long[] starts;
  private final int[] lengths;
  private int count;
  private byte[] ring = {};
  private long stride;

  /// @param grain a state is kept of every so many steps
  /// @param span steps that must be reached
  /// @param most steps that may be reached
  /// @param mostBytes bytes that the states may take
  Rewind(long grain, long span, long most, int mostBytes) {
    this.stride = grain;
    this.span = span;
    this.most = most;
    this.mostBytes = mostBytes;
    int states = Math.toIntExact(most / grain) + 2;
    steps = new long[states];
    starts = new long[states];
    lengths = new int[states];
  }

  /// Whether the state of a step shall be kept.
  boolean wants(long step) {
    return step % stride == 0 && (count == 0 || steps[count - 1] < step);
  }

  /// Keeps a state that is wanted. One that is larger than the limit is not kept.
  ///
  /// @param state its first `length` bytes
  void keep(long step, byte[] state, int length) {
    while (count > 0 && step - steps[0] > most) {
      drop();
    }
    while (bytes() + length > ring.length) {
      if (ring.length < mostBytes) {
        grow(length);
      } else if (count == 0) {
        return;
      } else if (count == 1 || step - steps[1] >= span) {
        drop();
      } else {
        thin();
      }
    }
    if (!wants(step)) {
      return;
    }
    long start = end();
    copy(state, 0, ring, start, length);
    steps[count] = step;
    starts[count] = start;
    lengths[count] = length;
    count++;
  }

  private long end() {
    return count == 0 ? 0 : starts[count - 1] + lengths[count - 1];
  }

  private void drop() {
    count--;
    System.arraycopy(steps, 1, steps, 0, count);
    System.arraycopy(starts, 1, starts, 0, count);
    System.arraycopy(lengths, 1, lengths, 0, count);
  }

  /// Makes room for all the states that may be kept, and as much again: states grow as a game does,
  /// and a show that has begun shall need no more.
  private void grow(int length) {
    long wanted = 2 * Math.max(ring.length, (long) steps.length * length);
    byte[] larger = new byte[(int) Math.min(mostBytes, wanted)];
    if (count > 0) {
      copy(ring, starts[0], larger, starts[0], bytes());
    }
    ring = larger;
  }

  private void thin() {
    stride *= 2;
    int kept = 0;
    long to = starts[0];
    for (int i = 0; i < count; i++) {
      if (steps[i] % stride == 0) {
        copy(ring, starts[i], ring, to, lengths[i]);
        steps[kept] = steps[i];
        starts[kept] = to;
        lengths[kept] = lengths[i];
        to += lengths[kept];
        kept++;
      }
    }
    count = kept;
  }

  /// Copies between rings; within one only to an earlier position.
  private static void copy(byte[] from, long at, byte[] to, long start, long length) {
    long done = 0;
    while (done < length) {
      int source = (int) ((at + done) % from.length);
      int target = (int) ((start + done) % to.length);
      long piece = Math.min(from.length - source, to.length - target);
      piece = Math.min(piece, length - done);
      System.arraycopy(from, source, to, target, (int) piece);
      done += piece;
    }
  }

  /// The newest state that is at least `steps` older than `now`, else the oldest there is; those
  /// after it are forgotten.
  ///
  /// @return null when nothing is kept
  byte @Nullable [] back(long now, long older) {
    if (count == 0) {
      return null;
    }
    while (count > 1 && steps[count - 1] > now - older) {
      count--;
    }
    byte[] state = new byte[lengths[count - 1]];
    copy(ring, starts[count - 1], state, 0, state.length);
    return state;
  }

  /// Bytes that are kept.
  long bytes() {
    return count == 0 ? 0 : end() - starts[0];
  }

  /// Bytes that are taken up, kept or not.
  long capacity() {
    return ring.length;
  }
}
