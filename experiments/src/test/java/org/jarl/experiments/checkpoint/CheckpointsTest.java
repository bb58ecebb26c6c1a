package org.jarl.experiments.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jarl.env.Checkpointable;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.experiments.base.Disk;
import org.jarl.experiments.base.UnavailableException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointsTest {
  private static final String CONFIG = StateHash.of("seed: 1".getBytes(StandardCharsets.UTF_8));
  private static final String OTHER = StateHash.of("seed: 2".getBytes(StandardCharsets.UTF_8));
  private static final CheckpointFile.Surroundings AROUND =
      new CheckpointFile.Surroundings(11, 22, 33);

  @TempDir Path temporary;

  private final List<String> warnings = new ArrayList<>();

  private Checkpoints checkpoints() {
    return checkpoints(CONFIG, Disk.REAL);
  }

  private Checkpoints checkpoints(String config, Disk disk) {
    return new Checkpoints(temporary.resolve("run/checkpoints"), config, disk);
  }

  private Path file(String name) {
    return temporary.resolve("run/checkpoints").resolve(name);
  }

  /// One of everything that can be written, around blocks of a given size.
  private static final class Sample implements Checkpointable {
    private final MemorySegment block;
    private final byte[] onHeap;
    private final float[] floats = {1.5f, Float.NaN, -0f};
    private final boolean[] flags = {true, false, true};
    private long number = Long.MIN_VALUE + 3;
    private double real = -1e-300;

    Sample(Arena arena, int bytes, long seed) {
      block = arena.allocate(Math.max(1, bytes), 64).asSlice(0, bytes);
      onHeap = new byte[bytes];
      var random = new SplittableRandom(seed);
      random.nextBytes(onHeap);
      MemorySegment.copy(onHeap, 0, block, ValueLayout.JAVA_BYTE, 0, bytes);
    }

    @Override
    public void save(StateWriter to) {
      to.section("first");
      to.putLong(number);
      to.putBoolean(true);
      to.putDouble(real);
      to.putBytes(block);
      to.section("größer");
      to.putFloats(floats);
      to.putBooleans(flags);
      to.putBytes(MemorySegment.ofArray(onHeap));
    }

    @Override
    public void load(StateReader from) {
      from.section("first");
      number = from.getLong();
      assertTrue(from.getBoolean());
      real = from.getDouble();
      from.getBytes(block);
      from.section("größer");
      from.getFloats(floats);
      from.getBooleans(flags);
      from.getBytes(MemorySegment.ofArray(onHeap));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 65_535, 65_536, 65_537, 1 << 20, (1 << 20) + 1, 3_000_001})
  void whatIsWrittenIsRead(int bytes) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      Sample written = new Sample(arena, bytes, bytes);
      String hash = checkpoints().save(50, AROUND, written);
      assertEquals(StateHash.of(written), hash);
      Sample read = new Sample(arena, bytes, -1);
      read.number = 0;
      try (CheckpointReader reader = newest(checkpoints())) {
        assertEquals(50, reader.agentSteps());
        assertEquals(hash, reader.stateHash());
        assertEquals(AROUND, reader.surroundings());
        read.load(reader);
        reader.finish();
      }
      assertEquals(written.number, read.number);
      assertEquals(-1, written.block.mismatch(read.block));
      assertArrayEquals(written.onHeap, read.onHeap);
      assertEquals(hash, StateHash.of(read));
    }
  }

  private CheckpointReader newest(Checkpoints checkpoints) throws IOException {
    CheckpointReader reader = checkpoints.newest(warnings::add);
    assertNotNull(reader);
    return reader;
  }

  private static Checkpointable numbers(int count) {
    return new Checkpointable() {
      @Override
      public void save(StateWriter to) {
        to.section("numbers");
        for (int i = 0; i < count; i++) {
          to.putInt(i);
        }
      }

      @Override
      public void load(StateReader from) {
        from.section("numbers");
        for (int i = 0; i < count; i++) {
          assertEquals(i, from.getInt());
        }
      }
    };
  }

  @Test
  void theLastTwoAreKept() throws IOException {
    for (long steps : new long[] {5, 40, 300, 2000}) {
      checkpoints().save(steps, AROUND, numbers(10));
    }
    try (Stream<Path> files = Files.list(temporary.resolve("run/checkpoints"))) {
      assertEquals(
          List.of("step-2000.ckpt", "step-300.ckpt"),
          files.map(f -> f.getFileName().toString()).sorted().toList());
    }
  }

  @Test
  void noCheckpointAtAllIsNoError() throws IOException {
    assertNull(checkpoints().newest(warnings::add));
  }

  private void saveTwo() {
    checkpoints().save(100, AROUND, numbers(10));
    checkpoints().save(200, AROUND, numbers(20));
  }

  private void assertPreviousIsUsed(String reason) throws IOException {
    try (CheckpointReader reader = newest(checkpoints())) {
      assertEquals(100, reader.agentSteps());
    }
    assertEquals(
        List.of(
            reason + "; it is now called step-200.ckpt.refused",
            "going on from the checkpoint before: step-100.ckpt"),
        warnings);
    assertTrue(Files.exists(file("step-200.ckpt.refused")));
  }

  @Test
  void aTruncatedCheckpointIsRefusedAndThePreviousOneUsed() throws IOException {
    saveTwo();
    byte[] bytes = Files.readAllBytes(file("step-200.ckpt"));
    Files.write(file("step-200.ckpt"), Arrays.copyOf(bytes, bytes.length - 1));
    assertPreviousIsUsed(
        "step-200.ckpt is truncated or damaged: it does not end as a checkpoint does");
  }

  @Test
  void anAlmostEmptyCheckpointIsRefusedAndThePreviousOneUsed() throws IOException {
    saveTwo();
    Files.write(file("step-200.ckpt"), new byte[10]);
    assertPreviousIsUsed("step-200.ckpt is truncated: it has only 10 bytes");
  }

  @Test
  void oneFlippedBitOfTheStateIsRefusedAndThePreviousOneUsed() throws IOException {
    saveTwo();
    byte[] bytes = Files.readAllBytes(file("step-200.ckpt"));
    bytes[CheckpointFile.HEADER + 30] ^= 4;
    Files.write(file("step-200.ckpt"), bytes);
    int end = bytes.length - CheckpointFile.TRAILER;
    String found = StateHash.of(Arrays.copyOfRange(bytes, CheckpointFile.HEADER, end));
    assertPreviousIsUsed(
        "step-200.ckpt is damaged: its state has the hash "
            + found
            + " and was written with "
            + StateHash.of(numbers(20)));
  }

  private CheckpointReader open(Path file) throws IOException {
    BlockFiles files = new BlockFiles(file("blocks"), Disk.REAL);
    return CheckpointReader.open(file, CONFIG, CONFIG, files, new SavedBlocks(files));
  }

  /// Every single bit of the file is under one of the checks.
  @Test
  void everyFlippedBitIsRefused() throws IOException {
    checkpoints().save(100, AROUND, numbers(3));
    Path file = file("step-100.ckpt");
    byte[] bytes = Files.readAllBytes(file);
    for (int bit = 0; bit < 8 * bytes.length; bit++) {
      byte[] flipped = bytes.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      Files.write(file, flipped);
      assertThrows(UnusableCheckpointException.class, () -> open(file).close(), "bit " + bit);
    }
  }

  /// No length of the file but the right one is taken.
  @Test
  void everyTruncationIsRefused() throws IOException {
    checkpoints().save(100, AROUND, numbers(3));
    Path file = file("step-100.ckpt");
    byte[] bytes = Files.readAllBytes(file);
    for (int length = 0; length < bytes.length; length++) {
      Files.write(file, Arrays.copyOf(bytes, length));
      assertThrows(UnusableCheckpointException.class, () -> open(file).close(), "length " + length);
    }
  }

  @Test
  void aCheckpointOfAnotherConfigIsRefusedAndThePreviousOneUsed() throws IOException {
    checkpoints().save(100, AROUND, numbers(10));
    checkpoints(OTHER, Disk.REAL).save(200, AROUND, numbers(10));
    assertPreviousIsUsed(
        "step-200.ckpt belongs to another config: it was written under "
            + OTHER
            + ", this run's config.yaml is "
            + CONFIG);
  }

  /// An older version wrote the run's config with other words; the next checkpoint has the new
  /// hash.
  @Test
  void aCheckpointUnderTheFormerTextOfTheConfigIsTaken() throws IOException {
    checkpoints(OTHER, Disk.REAL).save(100, AROUND, numbers(10));
    Checkpoints renamed = checkpoints();
    renamed.acceptText(OTHER);
    try (CheckpointReader reader = renamed.newest(_ -> {})) {
      assertNotNull(reader);
      assertEquals(100, reader.agentSteps());
    }
    renamed.save(200, AROUND, numbers(10));
    try (CheckpointReader reader = checkpoints().newest(_ -> {})) {
      assertNotNull(reader);
      assertEquals(200, reader.agentSteps());
    }
  }

  @Test
  void aCheckpointOfAnotherVersionIsRefusedAndThePreviousOneUsed() throws IOException {
    saveTwo();
    byte[] bytes = Files.readAllBytes(file("step-200.ckpt"));
    bytes[8] = 9;
    Files.write(file("step-200.ckpt"), bytes);
    assertPreviousIsUsed(
        "step-200.ckpt has checkpoint format 9, this Jarl reads format 2: resume it with the Jarl"
            + " that wrote it (receipt.json names the version)");
  }

  @Test
  void whenNoneCanBeUsedAllAreNamedAndNoneIsMoved() throws IOException {
    saveTwo();
    Files.writeString(file("step-200.ckpt"), "x".repeat(300));
    Files.write(file("step-100.ckpt"), new byte[10]);
    var refused =
        assertThrows(UnusableCheckpointException.class, () -> checkpoints().newest(warnings::add));
    assertEquals(
        "no checkpoint in "
            + temporary.resolve("run/checkpoints")
            + " can be used: step-200.ckpt is not a checkpoint of Jarl; step-100.ckpt is"
            + " truncated: it has only 10 bytes",
        refused.getMessage());
    assertEquals(List.of(), warnings);
    assertTrue(Files.exists(file("step-200.ckpt")));
  }

  @Test
  void aStateOfAnotherShapeIsRefusedByName() throws IOException {
    checkpoints().save(100, AROUND, numbers(10));
    assertShapeRefused(
        "step-100.ckpt holds another state: section \"letters\" is needed where \"numbers\" is",
        reader -> reader.section("letters"));
    assertShapeRefused(
        "step-100.ckpt holds another state: it ends early, in section \"numbers\"",
        reader -> numbers(11).load(reader));
    assertShapeRefused(
        "step-100.ckpt holds another state: 4 bytes are left after section \"numbers\"",
        reader -> {
          numbers(9).load(reader);
          ((CheckpointReader) reader).finish();
        });
    assertShapeRefused(
        "step-100.ckpt holds another state: a block of 4294967296 bytes follows where 5 are needed"
            + " in section \"numbers\"",
        reader -> {
          reader.section("numbers");
          reader.getBytes(MemorySegment.ofArray(new byte[5]));
        });
  }

  private interface Load {
    void from(StateReader reader);
  }

  private void assertShapeRefused(String message, Load load) throws IOException {
    try (CheckpointReader reader = newest(checkpoints())) {
      var refused = assertThrows(IllegalArgumentException.class, () -> load.from(reader));
      assertEquals(message, refused.getMessage());
    }
  }

  private static Disk disk(long room) {
    FakeDisk disk = new FakeDisk();
    disk.room = room;
    return disk;
  }

  /// Rooms in the header, in the state and in the trailer.
  @ParameterizedTest
  @ValueSource(longs = {0, 63, 64, 100, 500_000, 800_100})
  void aFullDiskLeavesTheLastGoodCheckpoint(long room) throws IOException {
    checkpoints().save(100, AROUND, numbers(10));
    var failed =
        assertThrows(
            UnavailableException.class,
            () -> checkpoints(CONFIG, disk(room)).save(200, AROUND, numbers(200_000)));
    assertEquals(
        "cannot write "
            + file("step-200.ckpt")
            + ": No space left on device. The last good checkpoint is step-100.ckpt; make room,"
            + " then go on with: jarl resume "
            + temporary.resolve("run"),
        failed.getMessage());
    try (Stream<Path> files = Files.list(temporary.resolve("run/checkpoints"))) {
      assertEquals(List.of(file("step-100.ckpt")), files.toList());
    }
    try (CheckpointReader reader = newest(checkpoints())) {
      numbers(10).load(reader);
      reader.finish();
    }
  }

  @Test
  void theSystemsOwnFullDiskIsReportedTheSameWay() {
    Path full = Path.of("/dev/full");
    assumeTrue(Files.isWritable(full));
    Disk disk = file -> FileChannel.open(full, StandardOpenOption.WRITE);
    var failed =
        assertThrows(
            UnavailableException.class,
            () -> checkpoints(CONFIG, disk).save(200, AROUND, numbers(10)));
    assertEquals(
        "cannot write "
            + file("step-200.ckpt")
            + ": No space left on device. There is no checkpoint yet; make room, then go on with:"
            + " jarl resume "
            + temporary.resolve("run"),
        failed.getMessage());
  }

  @Test
  void leftOversOfAKilledProcessAreRemoved() throws IOException {
    saveTwo();
    Files.write(file("step-300.ckpt.tmp"), new byte[1000]);
    checkpoints().clean();
    assertTrue(Files.notExists(file("step-300.ckpt.tmp")));
    try (CheckpointReader reader = newest(checkpoints())) {
      assertEquals(200, reader.agentSteps());
    }
  }

  @Test
  void theHashIsOverTheStateAlone() {
    String first = checkpoints().save(100, AROUND, numbers(10));
    var later = new CheckpointFile.Surroundings(1, 2, 3);
    assertEquals(first, checkpoints(OTHER, Disk.REAL).save(101, later, numbers(10)));
    assertEquals(first, StateHash.of(numbers(10)));
  }
}
