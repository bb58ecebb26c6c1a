package org.jarl.experiments.show;

import org.jspecify.annotations.Nullable;

/// States of the last moments, so that a session can go back. They lie one after another in a ring
/// of bytes, which grows to a limit and is then used again and again, so that a long show leaves no
/// garbage. Where the limit is too small for the wanted span, every second state is dropped, and
/// from then on half as many are kept.
///
///     positions count the bytes ever written; position p lies at p modulo the ring's length
///
///     | state of moment 40 | state of moment 45 | state of moment 50 |
///     starts[first]                                                   end()
final class Rewind {
  private final long most;
  private final long span;
  private final int mostBytes;

  /// Moments and positions of the states, the oldest at index 0.
  private final long[] moments;

  private final long[] starts;
  private final int[] lengths;
  private int count;
  private byte[] ring = {};
  private long stride;

  /// @param grain a state is kept of every so many moments
  /// @param span moments that must be reached
  /// @param most moments that may be reached
  /// @param mostBytes bytes that the states may take
  Rewind(long grain, long span, long most, int mostBytes) {
    this.stride = grain;
    this.span = span;
    this.most = most;
    this.mostBytes = mostBytes;
    int states = Math.toIntExact(most / grain) + 2;
    moments = new long[states];
    starts = new long[states];
    lengths = new int[states];
  }

  /// Whether the state of a moment shall be kept.
  boolean wants(long moment) {
    return moment % stride == 0 && (count == 0 || moments[count - 1] < moment);
  }

  /// Keeps a state that is wanted. One that is larger than the limit is not kept.
  ///
  /// @param state its first `length` bytes
  void keep(long moment, byte[] state, int length) {
    while (count > 0 && moment - moments[0] > most) {
      drop();
    }
    while (bytes() + length > ring.length) {
      if (ring.length < mostBytes) {
        grow(length);
      } else if (count == 0) {
        return;
      } else if (count == 1 || moment - moments[1] >= span) {
        drop();
      } else {
        thin();
      }
    }
    if (!wants(moment)) {
      return;
    }
    long start = end();
    copy(state, 0, ring, start, length);
    moments[count] = moment;
    starts[count] = start;
    lengths[count] = length;
    count++;
  }

  private long end() {
    return count == 0 ? 0 : starts[count - 1] + lengths[count - 1];
  }

  private void drop() {
    count--;
    System.arraycopy(moments, 1, moments, 0, count);
    System.arraycopy(starts, 1, starts, 0, count);
    System.arraycopy(lengths, 1, lengths, 0, count);
  }

  /// Makes room for all the states that may be kept, and as much again: states grow as a game does,
  /// and a show that has begun shall need no more.
  private void grow(int length) {
    long wanted = 2 * Math.max(ring.length, (long) moments.length * length);
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
      if (moments[i] % stride == 0) {
        copy(ring, starts[i], ring, to, lengths[i]);
        moments[kept] = moments[i];
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

  /// The newest state that is at least `moments` older than `now`, else the oldest there is; those
  /// after it are forgotten.
  ///
  /// @return null when nothing is kept
  byte @Nullable [] back(long now, long older) {
    if (count == 0) {
      return null;
    }
    while (count > 1 && moments[count - 1] > now - older) {
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
