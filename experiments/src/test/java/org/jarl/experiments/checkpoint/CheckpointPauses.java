package org.jarl.experiments.checkpoint;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jarl.env.Checkpointable;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.experiments.base.Disk;

/// Measures how long checkpoints keep training waiting, with a memory of Atari frames in a ring:
/// 7,056 bytes per agent step, a look ahead every 1,000, a checkpoint every 50,000. First the ring
/// is filled as fast as the disk takes it, which no training does; then it is written over at 1,000
/// agent steps per second. Frames are random numbers, since nothing is compressed.
///
///     java -XX:MaxDirectMemorySize=9g -cp ... org.jarl.experiments.CheckpointPauses FOLDER [FRAMES]
///
/// Takes 7.1 GB of memory, up to 8.5 GB in a new folder, which it deletes, and some six minutes.
final class CheckpointPauses {
  private static final long FRAME_BYTES = 84 * 84;
  private static final long BLOCK_BYTES = 8 << 20;
  private static final long AHEAD_PERIOD = 1_000;
  private static final long CHECKPOINT_PERIOD = 50_000;

  /// Bytes beside the frames that change all the time: two sets of weights and two of moments of a
  /// Nature network (27 MB), and actions, rewards and ends of a million steps.
  private static final long OTHER_BYTES = 40 << 20;

  private CheckpointPauses() {}

  /// Prints the longest pauses.
  public static void main(String[] arguments) throws IOException {
    Path folder = Files.createDirectory(Path.of(arguments[0]));
    long frames = arguments.length > 1 ? Long.parseLong(arguments[1]) : 1_000_000;
    try (Arena arena = Arena.ofShared()) {
      Ring ring = new Ring(arena, frames);
      Checkpoints checkpoints = checkpoints(folder);
      run(ring, checkpoints, frames, 0);
      run(ring, checkpoints, frames + 3 * CHECKPOINT_PERIOD, 1_000_000_000);
      resume(ring, folder);
    } finally {
      delete(folder);
    }
  }

  private static Checkpoints checkpoints(Path folder) {
    return new Checkpoints(folder.resolve("checkpoints"), StateHash.of(new byte[0]), Disk.REAL);
  }

  /// The time of a pause.
  ///
  /// @param cpuNanos what of it was work and not waiting for the disk, or for the processor on a
  ///   machine that has other things to do
  private record Pause(long nanos, long cpuNanos) {
    static Pause of(Runnable what) {
      var threads = ManagementFactory.getThreadMXBean();
      long start = System.nanoTime();
      long cpuStart = threads.getCurrentThreadCpuTime();
      what.run();
      return new Pause(System.nanoTime() - start, threads.getCurrentThreadCpuTime() - cpuStart);
    }

    Pause longer(Pause other) {
      return other.nanos > nanos ? other : this;
    }
  }

  private static void say(String what, Pause pause) {
    System.out.printf(
        Locale.ROOT, "%s: %.3f s (CPU %.3f s)%n", what, pause.nanos / 1e9, pause.cpuNanos / 1e9);
  }

  /// Goes on to some agent step.
  ///
  /// @param nanos that steps from one look ahead to the next take
  private static void run(Ring ring, Checkpoints checkpoints, long agentSteps, long nanos) {
    Pause[] longest = {new Pause(0, 0), new Pause(0, 0)};
    var around = new CheckpointFile.Surroundings(0, 0, 0);
    while (ring.steps < agentSteps) {
      LockSupport.parkNanos(nanos);
      ring.add(AHEAD_PERIOD);
      if (ring.steps % CHECKPOINT_PERIOD == 0) {
        Pause pause = Pause.of(() -> checkpoints.save(ring.steps, around, ring));
        say(String.format(Locale.ROOT, "step %,d", ring.steps), pause);
        longest[0] = longest[0].longer(pause);
      } else {
        longest[1] = longest[1].longer(Pause.of(() -> checkpoints.saveAhead(ring)));
      }
    }
    say("longest pause for a checkpoint", longest[0]);
    say("longest pause ahead of one", longest[1]);
  }

  private static void resume(Ring ring, Path folder) throws IOException {
    long start = System.nanoTime();
    try (CheckpointReader reader =
        checkpoints(folder).newest(warning -> System.out.println(warning))) {
      if (reader == null) {
        throw new IllegalStateException("there is no checkpoint");
      }
      double verified = (System.nanoTime() - start) / 1e9;
      Arrays.fill(ring.versions, -1);
      ring.frames.fill((byte) 0);
      long fill = System.nanoTime();
      ring.load(reader);
      double loaded = (System.nanoTime() - fill) / 1e9;
      if (!StateHash.of(ring).equals(reader.stateHash())) {
        throw new IllegalStateException("what was read is not what was written");
      }
      System.out.printf(
          Locale.ROOT, "resume: verified in %.1f s, read in %.1f s%n", verified, loaded);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /// Frames in a ring, of which the part in use is saved.
  private static final class Ring implements Checkpointable {
    private final MemorySegment frames;
    private final MemorySegment other;
    private final long[] versions;
    private final long count;
    private final SplittableRandom random = new SplittableRandom(1);
    private final byte[] frame = new byte[(int) FRAME_BYTES];
    private long steps;

    Ring(Arena arena, long count) {
      this.count = count;
      this.frames = arena.allocate(count * FRAME_BYTES, 64);
      this.other = arena.allocate(OTHER_BYTES, 64);
      this.versions = new long[(int) (frames.byteSize() / BLOCK_BYTES) + 1];
    }

    void add(long more) {
      random.nextBytes(frame);
      for (long end = steps + more; steps < end; steps++) {
        long at = steps % count * FRAME_BYTES;
        MemorySegment.copy(frame, 0, frames, ValueLayout.JAVA_BYTE, at, frame.length);
        frames.set(ValueLayout.JAVA_LONG_UNALIGNED, at, steps);
        versions[(int) (at / BLOCK_BYTES)] = steps + 1;
        versions[(int) ((at + FRAME_BYTES - 1) / BLOCK_BYTES)] = steps + 1;
      }
    }

    private MemorySegment used() {
      return frames.asSlice(0, Math.min(steps, count) * FRAME_BYTES);
    }

    @Override
    public void save(StateWriter to) {
      to.putLong(steps);
      to.putBytes(other);
      for (long version : versions) {
        to.putLong(version);
      }
      to.putBlocks(used(), BLOCK_BYTES, versions);
    }

    @Override
    public void load(StateReader from) {
      steps = from.getLong();
      from.getBytes(other);
      for (int i = 0; i < versions.length; i++) {
        versions[i] = from.getLong();
      }
      from.getBlocks(used(), BLOCK_BYTES);
    }
  }
}
