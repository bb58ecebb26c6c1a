package org.jarl.env.check;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Space;
import org.jspecify.annotations.Nullable;

/// Everything that one call of an environment gave, for comparing two runs.
///
/// @param episode from 1
/// @param step of the episode; 0 for its reset
record Snapshot(
    int episode,
    int step,
    byte[] observation,
    float reward,
    float score,
    boolean terminated,
    boolean truncated,
    boolean lifeLost,
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

  /// What is wrong with a stack of frames, or null when nothing is.
  ///
  /// @param before the call before this one; null for the first
  @Nullable String stackFault(@Nullable Snapshot before, EnvironmentSpec spec) {
    int depth = spec.stacking().depth();
    int bytes = observation.length / depth;
    for (int i = 0; i < depth - 1; i++) {
      byte[] shown = Arrays.copyOfRange(observation, i * bytes, (i + 1) * bytes);
      String frame = "frame %d of %d of the observation of %s".formatted(i, depth, where());
      if (step > 0 && before != null) {
        if (!Arrays.equals(shown, 0, bytes, before.observation, (i + 1) * bytes, (i + 2) * bytes)) {
          return frame + " is not frame " + (i + 1) + " of the one before it";
        }
      } else if (spec.stacking().padding() == EnvironmentSpec.Padding.ZEROS) {
        if (!Arrays.equals(shown, new byte[bytes])) {
          return frame + " is not zeros, which stand for what was before the episode";
        }
      } else if (!Arrays.equals(shown, 0, bytes, observation, (depth - 1) * bytes, depth * bytes)) {
        return frame + " is not the newest, which stands for what was before the episode";
      }
    }
    return null;
  }

  /// What differs from another run's snapshot, or null when nothing does.
  @Nullable String difference(Snapshot other, Space.Box space) {
    if (episode != other.episode || step != other.step) {
      return "it is " + where() + " in one and " + other.where() + " in the other";
    }
    if (terminated != other.terminated
        || truncated != other.truncated
        || lifeLost != other.lifeLost) {
      return "%s %s in one and %s in the other".formatted(where(), end(), other.end());
    }
    if (Float.floatToIntBits(reward) != Float.floatToIntBits(other.reward)) {
      return "the reward of %s is %s in one and %s in the other"
          .formatted(where(), reward, other.reward);
    }
    if (Float.floatToIntBits(score) != Float.floatToIntBits(other.score)) {
      return "the score of %s is %s in one and %s in the other"
          .formatted(where(), score, other.score);
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
    return lifeLost
        ? "lost a life"
        : terminated ? "terminated" : truncated ? "truncated" : "went on";
  }
}
