package org.jarl.replay;

import java.nio.charset.StandardCharsets;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.StepBatch;

/// Layout of a file of demonstrations: what somebody played, step by step, to be learned from and
/// played again exactly. Little-endian:
///
///     "JARLDEMO", int version, record of the header: text in UTF-8
///     records of episodes and steps, in the order played
///
///     record    int length of the bytes that follow the checksum, int CRC-32C of them, zlib data
///     episode   byte 'E', long seed, the first observation
///     step      byte 'S', the action (an int per choice, a float per number), float reward,
///               float score, byte flags (1 terminated, 2 truncated, 4 life lost), an observation
///
/// Of a step that goes on, the observation is what the agent sees next; where several frames are
/// stacked ([EnvironmentSpec.Stacking]) only the newest. Of one that ends an episode it is the
/// whole final observation; if only a life was lost, the whole first one after it follows.
///
/// Each record is written at once and checked when read, so that a file whose writer was stopped is
/// whole up to its last step.
///
/// @param observation bytes of an observation
/// @param frame bytes of its newest frame
/// @param action bytes of an action
record DemonstrationFormat(int observation, int frame, int action) {
  static final byte[] MAGIC = "JARLDEMO".getBytes(StandardCharsets.US_ASCII);
  static final int VERSION = 1;
  static final int PREFIX_BYTES = 8;
  static final int HEADER_BYTES = 1 << 16;
  static final byte EPISODE = 'E';
  static final byte STEP = 'S';
  static final int TERMINATED = 1;
  static final int TRUNCATED = 2;
  static final int LIFE_LOST = 4;

  private static final int EPISODE_BYTES = 1 + Long.BYTES;
  private static final int NUMBERS_BYTES = 2 * Float.BYTES + 1;

  static DemonstrationFormat of(EnvironmentSpec spec) {
    int observation = Math.toIntExact(spec.observationSpace().bytes());
    return new DemonstrationFormat(
        observation, observation / spec.stacking().depth(), Float.BYTES * spec.actionSize());
  }

  /// Place of the reward in the record of a step; score and flags follow it.
  int rewardAt() {
    return 1 + action;
  }

  /// Place of the flags in the record of a step.
  int flagsAt() {
    return rewardAt() + 2 * Float.BYTES;
  }

  /// Place of the observation in the record of a step.
  int observationAt() {
    return 1 + action + NUMBERS_BYTES;
  }

  /// Place of the observation in the record of an episode.
  static int firstObservationAt() {
    return EPISODE_BYTES;
  }

  /// Bytes of the record of an episode.
  int episodeBytes() {
    return EPISODE_BYTES + observation;
  }

  /// Bytes of the record of a step.
  int stepBytes(int flags) {
    int seen = (flags & (TERMINATED | TRUNCATED)) != 0 ? observation : frame;
    return observationAt() + seen + ((flags & LIFE_LOST) != 0 ? observation : 0);
  }

  /// Bytes of the longest record but the header.
  int mostBytes() {
    return Math.max(episodeBytes(), observationAt() + 2 * observation);
  }

  static byte flags(StepBatch after) {
    return (byte)
        ((after.terminated()[0] ? TERMINATED : 0)
            | (after.truncated()[0] ? TRUNCATED : 0)
            | (after.lifeLost()[0] ? LIFE_LOST : 0));
  }
}
