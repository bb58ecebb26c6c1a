package org.jarl.replay;

import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Space;

/// Settings of a [ReplayBuffer].
///
/// @param capacity transitions that can be drawn when it is full
/// @param spec of one copy of the environment
/// @param count copies of the environment, `N`
/// @param nStep rewards that are summed, at least 1
/// @param gamma discount per step, in `[0, 1]`
public record ReplaySettings(
    int capacity, EnvironmentSpec spec, int count, int nStep, float gamma) {
  public ReplaySettings {
    requireAtLeastOne("capacity", capacity);
    requireAtLeastOne("count", count);
    requireAtLeastOne("nStep", nStep);
    if (!(gamma >= 0 && gamma <= 1)) {
      throw new IllegalArgumentException("replay gamma must be in [0, 1], got " + gamma);
    }
    if (capacity + (long) count * nStep > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "replay capacity + count * nStep must be at most %d, got %d + %d * %d"
              .formatted(Integer.MAX_VALUE, capacity, count, nStep));
    }
  }

  private static void requireAtLeastOne(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException("replay " + name + " must be at least 1, got " + value);
    }
  }

  Space.Box observationSpace() {
    return spec.observationSpace();
  }

  ReplaySettings withCapacity(int other) {
    return new ReplaySettings(other, spec, count, nStep, gamma);
  }

  /// Whether observations are stacks of frames.
  boolean stacks() {
    return spec.stacking().depth() > 1;
  }

  /// Rows of the ring: those that can be drawn, and those of steps whose rewards are not all known.
  public int rowCount() {
    return capacity + count * nStep;
  }
}
