package org.jarl.experiments.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;

/// The layout of a checkpoint file. Little-endian.
///
///      0 +----------------------+----------+----------+
///        | "JARLCKPT"           | version  | 0        |   header, 64 bytes
///     16 +----------------------+----------+----------+
///        | SHA-256 of config.yaml          (32 bytes) |
///     48 +----------------------+---------------------+
///        | agent steps          | 0                   |
///     64 +----------------------+---------------------+
///        | body: the state, see StateEncoder          |   n bytes
///        | ...                                        |
///     -0 +----------------------+---------------------+
///        | index: where each list of blocks begins in |   k x 8 bytes
///        | the body                                   |
///     -0 +----------------------+---------------------+
///        | "JARL-END"           | n                   |   trailer, 112 bytes
///     16 +----------------------+---------------------+
///        | bytes metrics.jsonl  | bytes event file    |
///     32 +----------------------+---------------------+
///        | training nanoseconds | k                   |
///     48 +----------------------+---------------------+
///        | SHA-256 of the body: the state hash  (32)  |
///     80 +--------------------------------------------+
///        | SHA-256 of header, index, trailer 0..79    |
///    112 +--------------------------------------------+
///
/// The bytes of large memories are not in this file: the body holds the SHA-256 of each of their
/// blocks, and the blocks are files that checkpoints share, see [BlockFiles]. So the body's hash
/// covers them too. By the index they are found without knowing what else the body holds.
///
/// What the trailer says beside the body's hash describes the files around the state and the clock,
/// so equal states have equal bodies. Every byte is under one of the two hashes. The file is
/// written front to back, once.
public final class CheckpointFile {
  static final int VERSION = 2;
  static final int HEADER = 64;
  static final int TRAILER = 112;
  private static final byte[] MAGIC = "JARLCKPT".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] END = "JARL-END".getBytes(StandardCharsets.US_ASCII);
  private static final int HASH = 32;
  private static final int BODY_HASH_AT = 48;
  private static final int SEAL_AT = 80;

  private CheckpointFile() {}

  /// What a checkpoint says of itself before its state.
  ///
  /// @param configHash SHA-256 of the run's config, `sha256:...`
  record Header(String configHash, long agentSteps) {}

  /// What surrounds the state at the moment of the checkpoint.
  ///
  /// @param metricsBytes length of `metrics.jsonl`
  /// @param eventBytes length of the TensorBoard event file
  /// @param trainingNanos time spent in the training loop so far, all processes added up
  public record Surroundings(long metricsBytes, long eventBytes, long trainingNanos) {}

  /// The end of a checkpoint.
  ///
  /// @param blockLists entries of the index
  record Trailer(long bodyBytes, long blockLists, Surroundings surroundings, String stateHash) {}

  static ByteBuffer encode(Header header) {
    ByteBuffer out = little(HEADER);
    out.put(MAGIC).putInt(VERSION).putInt(0);
    out.put(StateHash.bytes(header.configHash())).putLong(header.agentSteps()).putLong(0);
    return out.flip();
  }

  /// The index.
  static ByteBuffer encode(List<Long> blockLists) {
    ByteBuffer out = little(Long.BYTES * blockLists.size());
    blockLists.forEach(out::putLong);
    return out.flip();
  }

  static ByteBuffer encode(Trailer trailer, ByteBuffer header, ByteBuffer index) {
    Surroundings around = trailer.surroundings();
    ByteBuffer out = little(TRAILER);
    out.put(END).putLong(trailer.bodyBytes());
    out.putLong(around.metricsBytes()).putLong(around.eventBytes());
    out.putLong(around.trainingNanos()).putLong(trailer.blockLists());
    out.put(StateHash.bytes(trailer.stateHash()));
    out.put(seal(header, index, out.duplicate().flip()));
    return out.flip();
  }

  /// Reads the first bytes of a file.
  ///
  /// @throws UnusableCheckpointException if they are not the header of this version
  static Header decodeHeader(ByteBuffer in, String name) {
    byte[] magic = new byte[MAGIC.length];
    in.order(ByteOrder.LITTLE_ENDIAN).get(magic);
    if (!Arrays.equals(magic, MAGIC)) {
      throw new UnusableCheckpointException(name + " is not a checkpoint of Jarl");
    }
    int version = in.getInt();
    if (version != VERSION) {
      throw new UnusableCheckpointException(
          name
              + " has checkpoint format "
              + version
              + ", this Jarl reads format "
              + VERSION
              + ": resume it with the Jarl that wrote it (receipt.json names the version)");
    }
    in.getInt();
    byte[] configHash = new byte[HASH];
    in.get(configHash);
    return new Header(StateHash.text(configHash), in.getLong());
  }

  /// Reads the last bytes of a file; they are not checked before [#checkSeal].
  ///
  /// @throws UnusableCheckpointException if they are not a trailer
  static Trailer decodeTrailer(ByteBuffer in, String name) {
    in.order(ByteOrder.LITTLE_ENDIAN);
    byte[] end = new byte[END.length];
    byte[] stateHash = new byte[HASH];
    in.get(0, end).get(BODY_HASH_AT, stateHash);
    if (!Arrays.equals(end, END)) {
      throw new UnusableCheckpointException(
          name + " is truncated or damaged: it does not end as a checkpoint does");
    }
    return new Trailer(
        in.getLong(8),
        in.getLong(40),
        new Surroundings(in.getLong(16), in.getLong(24), in.getLong(32)),
        StateHash.text(stateHash));
  }

  /// Checks that header, index and trailer belong together.
  ///
  /// @throws UnusableCheckpointException if not
  static void checkSeal(ByteBuffer header, ByteBuffer index, ByteBuffer trailer, String name) {
    byte[] seal = new byte[HASH];
    trailer.get(SEAL_AT, seal);
    if (!Arrays.equals(seal, seal(header, index, trailer.slice(0, SEAL_AT)))) {
      throw new UnusableCheckpointException(name + " is damaged: its header or end was changed");
    }
  }

  private static byte[] seal(ByteBuffer header, ByteBuffer index, ByteBuffer trailer) {
    MessageDigest digest = StateHash.sha256();
    digest.update(header.duplicate().clear());
    digest.update(index.duplicate().clear());
    digest.update(trailer);
    return digest.digest();
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
