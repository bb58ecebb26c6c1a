package org.jarl.experiments.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jarl.env.Checkpointable;
import org.jarl.env.StateWriter;
import org.jspecify.annotations.Nullable;

/// What is known of the blocks of this process's memories: which of them lie on the disk as they
/// are, so that they are neither hashed nor written again. One thread uses it.
///
/// A block is known by its address and its version: while both stay, so do its bytes.
final class SavedBlocks implements StateEncoder.Blocks {
  private final BlockFiles files;
  private final Map<Long, Known> byAddress = new HashMap<>();

  SavedBlocks(BlockFiles files) {
    this.files = files;
  }

  /// What is known of one block.
  private static final class Known {
    private long bytes;
    private long seenVersion;
    private long savedVersion;
    private @Nullable String hash;

    void saved(long newVersion, String newHash) {
      savedVersion = newVersion;
      hash = newHash;
    }
  }

  /// The entry of a block; a new one if the memory has been cut in another way since.
  private Known known(MemorySegment block, long version) {
    Known known = byAddress.get(block.address());
    if (known == null || known.bytes != block.byteSize()) {
      known = new Known();
      known.bytes = block.byteSize();
      known.seenVersion = version - 1;
      byAddress.put(block.address(), known);
    }
    return known;
  }

  @Override
  public String hash(MemorySegment block, long version) throws IOException {
    Known known = known(block, version);
    String hash = known.hash;
    if (hash == null || known.savedVersion != version) {
      hash = files.put(block);
      known.saved(version, hash);
    }
    return hash;
  }

  /// Remembers a block that was just read.
  void adopt(MemorySegment block, long version, String hash) {
    known(block, version).saved(version, hash);
  }

  /// Whether there are blocks that could be saved.
  boolean any() {
    return !byAddress.isEmpty();
  }

  /// The hashes of all blocks as they were saved last.
  Set<String> hashes() {
    Set<String> hashes = new HashSet<>();
    for (Known known : byAddress.values()) {
      if (known.hash != null) {
        hashes.add(known.hash);
      }
    }
    return hashes;
  }

  /// Writes blocks that changed since they were saved and did not change since they were last seen
  /// here: those that are being filled would have to be written again.
  ///
  /// @param most blocks that are written at once
  /// @return how many were
  int saveAhead(Checkpointable state, int most) {
    Ahead ahead = new Ahead(most);
    state.save(ahead);
    return most - ahead.left;
  }

  /// Looks at blocks and at nothing else of a state.
  private final class Ahead implements StateWriter {
    private int left;

    Ahead(int most) {
      left = most;
    }

    @Override
    public void putBlocks(MemorySegment memory, long blockBytes, long[] versions) {
      BlockCut cut = BlockCut.of(memory, blockBytes, versions);
      for (int i = 0; i < cut.count() && !cut.isSingle(); i++) {
        see(cut.slice(memory, i), versions[i]);
      }
    }

    private void see(MemorySegment block, long version) {
      Known known = known(block, version);
      if (known.hash != null && known.savedVersion == version) {
        return;
      }
      if (known.seenVersion != version) {
        known.seenVersion = version;
      } else if (left > 0) {
        left--;
        try {
          hash(block, version);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }

    @Override
    public void section(String name) {}

    @Override
    public void putInt(int value) {}

    @Override
    public void putLong(long value) {}

    @Override
    public void putFloats(float[] values) {}

    @Override
    public void putDoubles(double[] values) {}

    @Override
    public void putInts(int[] values) {}

    @Override
    public void putBooleans(boolean[] values) {}

    @Override
    public void putBytes(MemorySegment bytes) {}
  }
}
