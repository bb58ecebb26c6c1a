package org.jarl.experiments.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.jarl.experiments.base.Disk;
import org.jarl.experiments.base.UnavailableException;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.checkpoint.StateHash;
import org.jarl.experiments.config.ExperimentFile;

/// The folder of one run, held by one process at a time.
///
///     config.yaml                the experiment, every value written out
///     receipt.json               what computed it, and the hash it ended with
///     metrics.jsonl              a line per number
///     events.out.tfevents.jarl   the same for TensorBoard
///     checkpoints/               the whole state, the last two, and the blocks they share
///     policy/                    what was learned, for use elsewhere
///     summary.json               the result; there only when the run is finished
///
/// Small files appear whole or not at all: each is written under another name and renamed.
public final class RunFolder implements AutoCloseable {
  private static final String LOCK = ".lock";
  private static final String SUMMARY = "summary.json";
  private static final int LOCK_TEXT = 64;

  private final Path path;
  private final FileChannel lock;

  /// Whether this process has made the folder.
  private boolean made;

  private RunFolder(Path path, FileChannel lock) {
    this.path = path;
    this.lock = lock;
  }

  /// Makes the next free folder `<runs>/<name>-s<seed>-<n>`, n from 1, and takes it.
  ///
  /// @param name of the config, without ending
  /// @throws UnavailableException if the folder cannot be written
  public static RunFolder createNext(Path runs, String name, long seed) {
    try {
      Files.createDirectories(runs);
      for (int n = 1; ; n++) {
        Path folder = runs.resolve(name + "-s" + seed + "-" + n);
        try {
          Files.createDirectory(folder);
          RunFolder taken = take(folder);
          taken.made = true;
          return taken;
        } catch (FileAlreadyExistsException _) {
          // Another run's: try the next number. Creation is the test, so two processes never agree.
        }
      }
    } catch (IOException e) {
      throw cannotCreate(runs, e);
    }
  }

  /// Makes and takes this very folder, which must be new or empty.
  ///
  /// @throws UserErrorException if something is in it
  /// @throws UnavailableException if it cannot be written
  public static RunFolder create(Path folder) {
    try {
      refuseContent(folder);
      boolean made = !Files.exists(folder);
      Files.createDirectories(folder);
      RunFolder taken = take(folder);
      taken.made = made;
      try {
        refuseContent(folder);
        return taken;
      } catch (IOException | RuntimeException e) {
        taken.close();
        throw e;
      }
    } catch (IOException e) {
      throw cannotCreate(folder, e);
    }
  }

  private static void refuseContent(Path folder) throws IOException {
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw new UserErrorException(folder + " is a file; --out needs a new or an empty folder");
    }
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> content = Files.list(folder)) {
      if (content.allMatch(f -> f.getFileName().toString().equals(LOCK))) {
        return;
      }
    }
    boolean run = Files.exists(folder.resolve("config.yaml"));
    throw new UserErrorException(
        folder
            + (run
                ? " already holds a run; go on with it by: jarl resume "
                    + folder
                    + ", or give another folder with --out"
                : " is not empty; --out needs a new or an empty folder"));
  }

  /// Takes the folder of an existing run.
  ///
  /// @throws UserErrorException if it is none, or another process trains in it
  /// @throws UnavailableException if it cannot be written
  public static RunFolder open(Path folder) {
    requireRun(folder);
    try {
      return take(folder);
    } catch (IOException e) {
      throw cannotCreate(folder, e);
    }
  }

  /// Looks at the folder of an existing run without taking it; nothing may be written then.
  ///
  /// @throws UserErrorException if it is none
  public static void requireRun(Path folder) {
    if (!Files.isRegularFile(folder.resolve("config.yaml"))) {
      throw new UserErrorException(
          folder
              + (Files.isDirectory(folder)
                  ? " is not a run folder: it has no config.yaml"
                  : " is not a run folder: there is no such folder"));
    }
  }

  /// Whether a run has come to its end: its result is there.
  public static boolean isFinished(Path folder) {
    return Files.isRegularFile(folder.resolve(SUMMARY));
  }

  /// Removes what a run has written that was refused before it began, and the folder where it was
  /// made for it; a run that has begun stays.
  public void removeUnlessBegun() {
    if (Files.exists(receipt())) {
      return;
    }
    try {
      for (Path file : List.of(config(), metrics(), events(), path.resolve(LOCK))) {
        Files.deleteIfExists(file);
      }
      if (made) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      // A left-over is only a waste of space; the refusal that led here is the one to report.
      System.getLogger(RunFolder.class.getName())
          .log(System.Logger.Level.WARNING, "cannot remove " + path + ": " + Disk.reason(e));
    }
  }

  private static RunFolder take(Path folder) throws IOException {
    FileChannel channel =
        FileChannel.open(
            folder.resolve(LOCK),
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    try {
      if (channel.tryLock(Long.MAX_VALUE - 1, 1, false) == null) {
        throw inUse(folder, channel);
      }
      channel.truncate(0);
      String pid = Long.toString(ProcessHandle.current().pid());
      channel.write(ByteBuffer.wrap(pid.getBytes(StandardCharsets.US_ASCII)), 0);
      return new RunFolder(folder, channel);
    } catch (OverlappingFileLockException _) {
      UserErrorException refusal = inUse(folder, channel);
      channel.close();
      throw refusal;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /// The lock is on a byte far behind the text, so that the process number can be read under it
  /// where locks are mandatory.
  private static UserErrorException inUse(Path folder, FileChannel channel) throws IOException {
    ByteBuffer text = ByteBuffer.allocate(LOCK_TEXT);
    channel.read(text, 0);
    String pid = new String(text.array(), 0, text.position(), StandardCharsets.US_ASCII);
    return new UserErrorException(
        folder
            + " is in use by process "
            + pid
            + "; wait until it ends, or give another folder with --out");
  }

  private static UnavailableException cannotCreate(Path folder, IOException e) {
    return new UnavailableException(
        "cannot write the run folder " + folder + ": " + Disk.reason(e), e);
  }

  /// The folder itself.
  public Path path() {
    return path;
  }

  /// The experiment with every value written out.
  public Path config() {
    return path.resolve("config.yaml");
  }

  /// Hash of the bytes of [#config].
  ///
  /// @throws UserErrorException if the file cannot be read
  String configHash() {
    try {
      return StateHash.of(Disk.read(config(), ExperimentFile.MAX_BYTES));
    } catch (IOException e) {
      throw new UserErrorException(
          "cannot read the experiment of this run, " + config() + ": " + Disk.reason(e), e);
    }
  }

  /// What computed the run; see [Receipt].
  public Path receipt() {
    return path.resolve("receipt.json");
  }

  /// A line per number.
  public Path metrics() {
    return path.resolve("metrics.jsonl");
  }

  /// The numbers for TensorBoard.
  public Path events() {
    return path.resolve("events.out.tfevents.jarl");
  }

  /// Where the whole state is kept.
  public Path checkpoints() {
    return path.resolve("checkpoints");
  }

  /// What was learned; see [Policies].
  public Path policy() {
    return path.resolve("policy");
  }

  /// The result of a finished run; see [Summary].
  public Path summary() {
    return path.resolve(SUMMARY);
  }

  /// Gives the folder free for others.
  @Override
  public void close() {
    try {
      lock.close();
    } catch (IOException e) {
      throw cannotCreate(path, e);
    }
  }
}
