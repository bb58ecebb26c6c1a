package org.jarl.experiments.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jarl.env.Checkpointable;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.experiments.base.UnavailableException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Checkpoints of memories in blocks: what is written, shared, deleted and refused.
class CheckpointBlocksTest {
  private static final String CONFIG = StateHash.of("seed: 1".getBytes(StandardCharsets.UTF_8));
  private static final CheckpointFile.Surroundings AROUND =
      new CheckpointFile.Surroundings(0, 0, 0);
  private static final int BLOCK_BYTES = 1000;

  /// Ten blocks and a rest of 7 bytes.
  private static final int BYTES = 10_007;

  /// Four blocks and a rest.
  private static final int FEW_BYTES = 4_007;

  @TempDir Path temporary;

  private final Arena arena = Arena.ofConfined();
  private final FakeDisk disk = new FakeDisk();
  private final List<String> warnings = new ArrayList<>();

  @AfterEach
  void free() {
    arena.close();
  }

  /// A large memory with a version per block.
  private static final class Memory implements Checkpointable {
    private final MemorySegment bytes;
    private final long blockBytes;
    private final long[] versions;

    Memory(Arena arena, int size, long blockBytes) {
      this.bytes = arena.allocate(size, 64);
      this.blockBytes = blockBytes;
      this.versions = new long[(int) (size / blockBytes) + 1];
    }

    void write(long at, int value) {
      bytes.set(ValueLayout.JAVA_BYTE, at, (byte) value);
      versions[(int) (at / blockBytes)]++;
    }

    /// Writes into some blocks, never what another block or an earlier version holds there.
    Memory touch(int... blocks) {
      for (int block : blocks) {
        write(block * blockBytes + 3, 16 * (int) (versions[block] + 1) + block);
      }
      return this;
    }

    Memory touchAll() {
      for (int block = 0; block < versions.length; block++) {
        touch(block);
      }
      return this;
    }

    @Override
    public void save(StateWriter to) {
      to.section("memory");
      part(bytes.byteSize()).save(to);
      to.section("end");
    }

    @Override
    public void load(StateReader from) {
      from.section("memory");
      part(bytes.byteSize()).load(from);
      from.section("end");
    }

    /// The first bytes alone.
    Checkpointable part(long size) {
      return new Checkpointable() {
        @Override
        public void save(StateWriter to) {
          for (long version : versions) {
            to.putLong(version);
          }
          to.putBlocks(bytes.asSlice(0, size), blockBytes, versions);
        }

        @Override
        public void load(StateReader from) {
          for (int i = 0; i < versions.length; i++) {
            versions[i] = from.getLong();
          }
          from.getBlocks(bytes.asSlice(0, size), blockBytes);
        }
      };
    }
  }

  private Memory memory() {
    return new Memory(arena, BYTES, BLOCK_BYTES);
  }

  private Memory few() {
    return new Memory(arena, FEW_BYTES, BLOCK_BYTES);
  }

  private Checkpoints checkpoints() {
    return new Checkpoints(temporary.resolve("run/checkpoints"), CONFIG, disk);
  }

  private String save(Checkpoints checkpoints, long steps, Memory memory) {
    return checkpoints.save(steps, AROUND, memory);
  }

  /// What a new process does: its checkpoints, with the newest one read into `memory`.
  private Checkpoints resumed(long steps, Memory memory) throws IOException {
    Checkpoints again = checkpoints();
    try (CheckpointReader reader = again.newest(warnings::add)) {
      assertNotNull(reader);
      assertEquals(steps, reader.agentSteps());
      memory.load(reader);
      reader.finish();
      assertEquals(reader.stateHash(), StateHash.of(memory));
    }
    return again;
  }

  private Path file(String name) {
    return temporary.resolve("run/checkpoints").resolve(name);
  }

  private Path block(MemorySegment bytes) {
    return file("blocks/" + BlockFiles.hash(bytes) + ".block");
  }

  private Path block(Memory memory, int block) {
    return block(
        memory.bytes.asSlice(
            (long) BLOCK_BYTES * block, Math.min(BLOCK_BYTES, BYTES - BLOCK_BYTES * block)));
  }

  private Set<Path> blocks(Memory memory) {
    Set<Path> blocks = new TreeSet<>();
    for (int i = 0; i <= 10; i++) {
      blocks.add(block(memory, i));
    }
    return blocks;
  }

  private Set<Path> blockFiles() throws IOException {
    try (Stream<Path> files = Files.list(file("blocks"))) {
      return new TreeSet<>(files.toList());
    }
  }

  @Test
  void aCheckpointWritesOnlyTheBlocksThatChanged() {
    Checkpoints checkpoints = checkpoints();
    Memory memory = memory().touchAll();
    save(checkpoints, 100, memory);
    assertEquals(11, disk.blocksWritten());
    save(checkpoints, 200, memory.touch(2, 10));
    assertEquals(2, disk.blocksWritten());
    save(checkpoints, 300, memory);
    assertEquals(0, disk.blocksWritten());
  }

  @Test
  void theFirstCheckpointAfterAResumeWritesOnlyTheBlocksThatChanged() throws IOException {
    save(checkpoints(), 100, memory().touchAll());
    disk.blocksWritten();
    Memory memory = memory();
    Checkpoints checkpoints = resumed(100, memory);
    save(checkpoints, 200, memory.touch(4));
    assertEquals(1, disk.blocksWritten());
    resumed(200, memory());
  }

  @Test
  void equalBlocksShareOneFile() throws IOException {
    Memory memory = memory();
    save(checkpoints(), 100, memory);
    assertEquals(Set.of(block(memory, 0), block(memory, 10)), blockFiles());
    resumed(100, memory().touchAll());
  }

  /// One memory got its content at once, without files; the other one in many steps, over
  /// checkpoints and a resume.
  @Test
  void theHashDependsOnTheStateAlone() throws IOException {
    Memory first = memory();
    Checkpoints checkpoints = checkpoints();
    save(checkpoints, 100, first.touch(1));
    checkpoints.saveAhead(first.touch(2));
    checkpoints.saveAhead(first);
    save(checkpoints, 200, first.touch(1, 5));
    Memory second = memory();
    String hash = save(resumed(200, second), 300, second.touch(2));
    assertEquals(StateHash.of(memory().touch(2, 5, 1, 1, 2)), hash);
    assertNotEquals(StateHash.of(memory().touch(2, 5, 1, 2)), hash);
  }

  @Test
  void oneChangedByteChangesTheHash() {
    Memory memory = memory();
    String before = StateHash.of(memory);
    memory.bytes.set(ValueLayout.JAVA_BYTE, BYTES - 1, (byte) 1);
    assertNotEquals(before, StateHash.of(memory));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 999, 1000})
  void whatFitsIntoOneBlockIsPartOfTheCheckpointFile(int size) throws IOException {
    Memory small = new Memory(arena, size, BLOCK_BYTES);
    small.write(0, 77);
    save(checkpoints(), 100, small);
    assertFalse(Files.exists(file("blocks")));
    resumed(100, new Memory(arena, size, BLOCK_BYTES));
  }

  @ParameterizedTest
  @ValueSource(ints = {1001, 1999, 2000, 2001, 3 << 20})
  void anySizeIsReadAsItWasWritten(int size) throws IOException {
    Memory memory = new Memory(arena, size, size > 1 << 20 ? (1 << 20) + 5 : BLOCK_BYTES);
    new SplittableRandom(size).ints(200, 0, size).forEach(at -> memory.write(at, at * 31));
    save(checkpoints(), 100, memory);
    resumed(100, new Memory(arena, size, memory.blockBytes));
  }

  /// A ring that is being filled: what is written is a longer and longer part of the same memory.
  @Test
  void aMemoryMayGrow() throws IOException {
    Memory memory = memory();
    Checkpoints checkpoints = checkpoints();
    int size = 0;
    for (int steps = 1; steps <= 12; steps++) {
      for (int i = 0; i < 800; i++) {
        memory.write(size++, steps + i);
      }
      Checkpointable part = memory.part(size);
      checkpoints.saveAhead(part);
      String hash = checkpoints.save(steps, AROUND, part);
      assertTrue(disk.blocksWritten() <= 2);
      Memory read = memory();
      try (CheckpointReader reader = checkpoints().newest(warnings::add)) {
        assertNotNull(reader);
        read.part(size).load(reader);
      }
      assertEquals(hash, StateHash.of(read.part(size)));
      assertEquals(-1, memory.bytes.asSlice(0, size).mismatch(read.bytes.asSlice(0, size)));
    }
  }

  @Test
  void blocksThatNoCheckpointNamesAreDeleted() throws IOException {
    Checkpoints checkpoints = checkpoints();
    Memory memory = memory().touchAll();
    Set<Path> before = Set.of();
    for (int steps = 1; steps <= 5; steps++) {
      save(checkpoints, steps, memory.touch(steps, 2 * steps));
      Set<Path> expected = blocks(memory);
      Set<Path> now = Set.copyOf(expected);
      expected.addAll(before);
      assertEquals(expected, blockFiles(), "checkpoint " + steps);
      before = now;
    }
  }

  @Test
  void leftOversOfAKilledProcessAreDeletedAtTheNextStart() throws IOException {
    Memory memory = memory().touchAll();
    save(checkpoints(), 100, memory);
    Files.writeString(file("blocks/" + "1".repeat(64) + ".block"), "no checkpoint names it");
    Files.writeString(file("blocks/" + "2".repeat(64) + ".block.tmp"), "half writ");
    Path foreign = Files.writeString(file("blocks/notes.txt"), "the user's own");
    resumed(100, memory());
    Set<Path> expected = blocks(memory);
    expected.add(foreign);
    assertEquals(expected, blockFiles());
  }

  @Test
  void blocksBeforeTheFirstCheckpointAreDeletedAtTheNextStart() throws IOException {
    Checkpoints killed = checkpoints();
    Memory memory = memory().touchAll();
    killed.saveAhead(memory);
    killed.saveAhead(memory);
    assertEquals(11, blockFiles().size());
    assertNull(checkpoints().newest(warnings::add));
    assertEquals(Set.of(), blockFiles());
  }

  @Test
  void aBlockIsSavedAheadOnceItRests() {
    Checkpoints checkpoints = checkpoints();
    Memory memory = memory().touchAll();
    checkpoints.saveAhead(memory);
    assertEquals(0, disk.blocksWritten());
    checkpoints.saveAhead(memory.touch(3, 4));
    assertEquals(9, disk.blocksWritten());
    checkpoints.saveAhead(memory.touch(4));
    assertEquals(1, disk.blocksWritten());
    checkpoints.saveAhead(memory.touch(4));
    assertEquals(0, disk.blocksWritten());
    String hash = save(checkpoints, 100, memory);
    assertEquals(1, disk.blocksWritten());
    assertEquals(StateHash.of(memory), hash);
  }

  @Test
  void atMostSixteenBlocksAreSavedAheadAtATime() {
    Checkpoints checkpoints = checkpoints();
    Memory memory = new Memory(arena, 40_000, BLOCK_BYTES);
    for (int block = 0; block < 40; block++) {
      memory.write(1000L * block, block);
    }
    for (int expected : new int[] {0, 16, 16, 8, 0}) {
      checkpoints.saveAhead(memory);
      assertEquals(expected, disk.blocksWritten());
    }
  }

  @Test
  void whatWasSavedAheadInVainIsDeleted() throws IOException {
    Checkpoints checkpoints = checkpoints();
    Memory memory = memory().touchAll();
    save(checkpoints, 100, memory);
    Set<Path> expected = blocks(memory);
    for (int i = 0; i < 5; i++) {
      checkpoints.saveAhead(memory.touch(7));
      checkpoints.saveAhead(memory);
    }
    expected.addAll(blocks(memory));
    assertEquals(expected, blockFiles());
    assertEquals(12, expected.size());
  }

  private void saveTwo(Memory memory) {
    Checkpoints checkpoints = checkpoints();
    save(checkpoints, 100, memory.touchAll());
    save(checkpoints, 200, memory.touch(6));
  }

  private void assertPreviousIsUsed(Path block, String reason) throws IOException {
    resumed(100, memory());
    assertEquals(
        List.of(
            "step-200.ckpt cannot be used: blocks/"
                + block.getFileName()
                + reason
                + "; it is now called step-200.ckpt.refused",
            "going on from the checkpoint before: step-100.ckpt"),
        warnings);
  }

  @Test
  void aMissingBlockIsNamedAndThePreviousCheckpointUsed() throws IOException {
    Memory memory = memory();
    saveTwo(memory);
    Files.delete(block(memory, 6));
    assertPreviousIsUsed(block(memory, 6), " is missing");
  }

  @Test
  void aTruncatedBlockIsNamedAndThePreviousCheckpointUsed() throws IOException {
    Memory memory = memory();
    saveTwo(memory);
    Path block = block(memory, 6);
    Files.write(block, memory.bytes.asSlice(6000, 999).toArray(ValueLayout.JAVA_BYTE));
    assertPreviousIsUsed(block, " has 999 bytes where 1000 are needed");
  }

  @Test
  void aFlippedBitInABlockIsNamedAndThePreviousCheckpointUsed() throws IOException {
    Memory memory = memory();
    saveTwo(memory);
    Path block = block(memory, 6);
    byte[] bytes = Files.readAllBytes(block);
    bytes[500] ^= 8;
    Files.write(block, bytes);
    String found = BlockFiles.hash(arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes));
    assertPreviousIsUsed(block, " is damaged: its bytes have the hash " + found);
  }

  @Test
  void anotherBlockUnderTheNameIsNamedAndThePreviousCheckpointUsed() throws IOException {
    Memory memory = memory();
    saveTwo(memory);
    Path block = block(memory, 6);
    Files.write(block, Files.readAllBytes(block(memory, 5)));
    String other = block(memory, 5).getFileName().toString().replace(".block", "");
    assertPreviousIsUsed(block, " is damaged: its bytes have the hash " + other);
  }

  /// The bytes of that block come again: the damaged file is replaced.
  @Test
  void aDamagedBlockOfThePreviousCheckpointDoesNotSpoilTheNext() throws IOException {
    Memory memory = memory();
    saveTwo(memory);
    Memory resumed = memory();
    Checkpoints checkpoints = checkpoints();
    Memory first = memory().touchAll();
    Files.write(block(first, 6), new byte[BLOCK_BYTES]);
    try (CheckpointReader reader = checkpoints.newest(warnings::add)) {
      assertNotNull(reader);
      resumed.load(reader);
    }
    MemorySegment.copy(first.bytes, 6000, resumed.bytes, 6000, BLOCK_BYTES);
    resumed.versions[6]++;
    save(checkpoints, 300, resumed);
    resumed(300, memory());
  }

  @Test
  void whenABlockOfAllCheckpointsIsMissingItIsNamedAndNothingIsDeleted() throws IOException {
    Memory memory = memory();
    saveTwo(memory);
    Path block = block(memory, 0);
    Files.delete(block);
    Set<Path> left = blockFiles();
    var refused =
        assertThrows(UnusableCheckpointException.class, () -> checkpoints().newest(warnings::add));
    String missing = " cannot be used: blocks/" + block.getFileName() + " is missing";
    assertEquals(
        "no checkpoint in "
            + temporary.resolve("run/checkpoints")
            + " can be used: step-200.ckpt"
            + missing
            + "; step-100.ckpt"
            + missing,
        refused.getMessage());
    assertEquals(left, blockFiles());
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 500, 999})
  void aDiskThatIsFullAtABlockLeavesTheLastGoodCheckpoint(long room) throws IOException {
    Checkpoints checkpoints = checkpoints();
    Memory memory = memory().touchAll();
    save(checkpoints, 100, memory);
    memory.touch(0, 1);
    disk.room = room;
    var failed = assertThrows(UnavailableException.class, () -> save(checkpoints, 200, memory));
    assertEquals(
        "cannot write "
            + file("step-200.ckpt")
            + ": No space left on device. The last good checkpoint is step-100.ckpt; make room,"
            + " then go on with: jarl resume "
            + temporary.resolve("run"),
        failed.getMessage());
    disk.room = Long.MAX_VALUE;
    resumed(100, memory());
    assertFalse(Files.exists(file("step-200.ckpt.tmp")));
    assertEquals(11, blockFiles().size());
  }

  @Test
  void aDiskThatIsFullAheadOfACheckpointSaysSo() throws IOException {
    Checkpoints checkpoints = checkpoints();
    Memory memory = memory().touchAll();
    save(checkpoints, 100, memory);
    checkpoints.saveAhead(memory.touch(0, 1));
    disk.room = 10;
    var failed = assertThrows(UnavailableException.class, () -> checkpoints.saveAhead(memory));
    assertEquals(
        "cannot write "
            + file("blocks")
            + ": No space left on device. The last good checkpoint is step-100.ckpt; make room,"
            + " then go on with: jarl resume "
            + temporary.resolve("run"),
        failed.getMessage());
    resumed(100, memory());
  }

  /// Of the lists of blocks and of the index too; one bit of each byte.
  @Test
  void aFlippedBitAnywhereInACheckpointWithBlocksIsRefused() throws IOException {
    save(checkpoints(), 100, new Memory(arena, 1500, BLOCK_BYTES).touch(0, 1));
    byte[] bytes = Files.readAllBytes(file("step-100.ckpt"));
    for (int i = 0; i < bytes.length; i++) {
      byte[] flipped = bytes.clone();
      flipped[i] ^= (byte) (1 << i % 8);
      Files.write(file("step-100.ckpt"), flipped);
      assertThrows(
          UnusableCheckpointException.class,
          () -> checkpoints().newest(warnings::add),
          "byte " + i);
    }
  }

  /// Kills the process at every creation of a file and every write to one, lets another go on, and
  /// compares with a process that was never killed.
  @Test
  void aProcessKilledAtAnyWriteGoesOnToTheSameHash() throws IOException {
    Memory whole = few();
    live(checkpoints(), whole, 0);
    String expected = StateHash.of(whole);
    Set<Path> files = blockFiles();
    int killed = 0;
    for (boolean ended = false; !ended; ) {
      delete(file("."));
      disk.lifetime = killed;
      try {
        live(checkpoints(), few(), 0);
        ended = true;
      } catch (FakeDisk.Killed _) {
        killed++;
      }
      disk.lifetime = Integer.MAX_VALUE;
      Memory memory = few();
      Checkpoints checkpoints = checkpoints();
      long steps = 0;
      try (CheckpointReader reader = checkpoints.newest(warnings::add)) {
        if (reader != null) {
          memory.load(reader);
          steps = reader.agentSteps();
        }
      }
      live(checkpoints, memory, steps);
      assertEquals(expected, StateHash.of(memory), "killed at " + killed);
      assertEquals(files, blockFiles(), "killed at " + killed);
      resumed(6, few());
    }
    assertTrue(killed > 25, "only " + killed + " writes");
    assertEquals(List.of(), warnings);
  }

  /// Six steps of a run with two checkpoints; each step is drawn from its number.
  private void live(Checkpoints checkpoints, Memory memory, long from) {
    for (long step = from + 1; step <= 6; step++) {
      SplittableRandom random = new SplittableRandom(step);
      for (int i = 0; i < 3; i++) {
        memory.write(random.nextInt(FEW_BYTES), random.nextInt(256));
      }
      if (step % 3 == 0) {
        save(checkpoints, step, memory);
      } else {
        checkpoints.saveAhead(memory);
      }
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.delete(file);
      }
    }
  }

  @Test
  void blocksNeedMemoryOutsideTheHeapASizeAndVersions() {
    long[] versions = new long[3];
    assertRefused(
        "putBlocks needs a version for each of 4 blocks, got 3 versions",
        to -> to.putBlocks(arena.allocate(3001), 1000, versions));
    assertRefused(
        "blockBytes must be at least 1, got 0",
        to -> to.putBlocks(arena.allocate(10), 0, versions));
    MemorySegment onHeap = MemorySegment.ofArray(new byte[10]);
    assertRefused(
        "blocks need memory outside the heap, got " + onHeap,
        to -> to.putBlocks(onHeap, 1000, versions));
  }

  private interface Save {
    void to(StateWriter writer);
  }

  private static void assertRefused(String message, Save save) {
    var refused =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                StateHash.of(
                    new Checkpointable() {
                      @Override
                      public void save(StateWriter to) {
                        save.to(to);
                      }

                      @Override
                      public void load(StateReader from) {}
                    }));
    assertEquals(message, refused.getMessage());
  }

  @Test
  void blocksOfAnotherShapeAreRefused() throws IOException {
    Memory memory = memory();
    checkpoints()
        .save(
            100,
            AROUND,
            new Checkpointable() {
              @Override
              public void save(StateWriter to) {
                to.putBlocks(memory.bytes, BLOCK_BYTES, memory.versions);
              }

              @Override
              public void load(StateReader from) {}
            });
    assertOtherShape(
        "blocks of 1000 bytes follow where 500 are needed in section \"start\"",
        reader -> reader.getBlocks(memory.bytes, 500));
    assertOtherShape(
        "a block of 10007 bytes follows where 10006 are needed in section \"start\"",
        reader -> reader.getBlocks(memory.bytes.asSlice(1), BLOCK_BYTES));
    assertOtherShape(
        "a block of 10007 bytes follows where 900 are needed in section \"start\"",
        reader -> reader.getBlocks(memory.bytes.asSlice(0, 900), BLOCK_BYTES));
  }

  private interface Load {
    void from(StateReader reader);
  }

  private void assertOtherShape(String problem, Load load) throws IOException {
    try (CheckpointReader reader = checkpoints().newest(warnings::add)) {
      assertNotNull(reader);
      var refused = assertThrows(IllegalArgumentException.class, () -> load.from(reader));
      assertEquals("step-100.ckpt holds another state: " + problem, refused.getMessage());
    }
  }
}
