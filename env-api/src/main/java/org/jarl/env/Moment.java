package org.jarl.env;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Everything that one call of an environment gave, for comparing two runs.
///
/// @param episode from 1
/// @param step of the episode; 0 for its reset
record Moment(
    int episode,
    int step,
    byte[] observation,
    float reward,
    boolean terminated,
    boolean truncated,
    boolean[] legal) {

  /// Where in the run this was.
  String where() {
    return (step == 0 ? "reset" : "step " + step) + " of episode " + episode;
  }

  /// One element of the observation.
  float element(Space.Box space, int i) {
    MemorySegment bytes = MemorySegment.ofArray(observation);
    return space.type() == Space.ElementType.U8
        ? observation[i] & 0xff
        : bytes.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i);
  }

  /// Whether every byte of an element is still what the memory was filled with.
  boolean isPoison(Space.Box space, int i, byte poison) {
    int bytes = space.type().bytes();
    for (int at = i * bytes; at < (i + 1) * bytes; at++) {
      if (observation[at] != poison) {
        return false;
      }
    }
    return true;
  }

  /// What differs from another run's moment, or null when nothing does.
  @Nullable String difference(Moment other, Space.Box space) {
    if (episode != other.episode || step != other.step) {
      return "it is " + where() + " in one and " + other.where() + " in the other";
    }
    if (terminated != other.terminated || truncated != other.truncated) {
      return "%s %s in one and %s in the other".formatted(where(), end(), other.end());
    }
    if (Float.floatToIntBits(reward) != Float.floatToIntBits(other.reward)) {
      return "the reward of %s is %s in one and %s in the other"
          .formatted(where(), reward, other.reward);
    }
    if (!Arrays.equals(legal, other.legal)) {
      return "the legal actions after %s are %s in one and %s in the other"
          .formatted(where(), Arrays.toString(legal), Arrays.toString(other.legal));
    }
    int at = Arrays.mismatch(observation, other.observation);
    if (at < 0) {
      return null;
    }
    int i = at / space.type().bytes();
    return "element %d of the observation of %s is %s in one and %s in the other"
        .formatted(i, where(), element(space, i), other.element(space, i));
  }

  private String end() {
    return terminated ? "terminated" : truncated ? "truncated" : "went on";
  }
}
