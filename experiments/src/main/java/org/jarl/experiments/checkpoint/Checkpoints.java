package org.jarl.experiments.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jarl.env.Checkpointable;
import org.jarl.experiments.base.Disk;
import org.jarl.experiments.base.UnavailableException;
import org.jspecify.annotations.Nullable;

/// The checkpoints of one run: `step-<agent steps>.ckpt`, the last two, and in `blocks/` the pieces
/// of large memories that they share.
///
///     every thousand steps    saveAhead   what has changed and rests:  --> blocks/
///     every period            save        what else has changed:       --> blocks/
///                                         the rest, and all hashes:    --> step-N.ckpt
///     then                                what no checkpoint names:    <-- deleted
///
/// A checkpoint is written under another name, brought to the disk and renamed, its blocks before
/// it, so whatever happens at whatever moment, the one before is whole. One thread uses it.
public final class Checkpoints {
  private static final Pattern NAME = Pattern.compile("step-(\\d{1,18})\\.ckpt");
  private static final String TEMPORARY = ".tmp";
  private static final String REFUSED = ".refused";

  /// Checkpoints that stay.
  public static final int KEPT = 2;

  /// Blocks that [#saveAhead] writes at most, so that it takes a fraction of a second.
  private static final int MOST_AHEAD = 16;

  private final Path folder;
  private final String configHash;
  private String textHash;
  private final Disk disk;
  private final BlockFiles blockFiles;
  private final SavedBlocks savedBlocks;

  /// Hashes of the blocks of every checkpoint there is, as far as they are known.
  private final Map<Path, Set<String>> blocksOf = new HashMap<>();

  /// The checkpoints in a folder, which need not exist yet.
  ///
  /// @param configHash hash of the experiment; checkpoints of another one are refused
  /// @param disk source of new files
  public Checkpoints(Path folder, String configHash, Disk disk) {
    this.folder = folder;
    this.configHash = configHash;
    this.textHash = configHash;
    this.disk = disk;
    this.blockFiles = new BlockFiles(folder.resolve("blocks"), disk);
    this.savedBlocks = new SavedBlocks(blockFiles);
  }

  /// Takes checkpoints too that were written under the text of the run's config file as it stands:
  /// an older version wrote the same experiment with other words, or without keys that have come
  /// since.
  ///
  /// @param hash of the file's bytes
  public void acceptText(String hash) {
    textHash = hash;
  }

  /// What is left of a run that has failed, for people.
  public String kept() {
    return list().stream()
        .findFirst()
        .map(file -> "the last good checkpoint is " + file)
        .orElse("there is no checkpoint yet");
  }

  /// Writes blocks that the next checkpoint will need in all likelihood, so that it finds less to
  /// do. Leaves the checkpoints and every result as they are.
  ///
  /// @return whether the state has memories that are written in blocks
  /// @throws UnavailableException if the disk does not take it
  public boolean saveAhead(Checkpointable state) {
    try {
      if (savedBlocks.saveAhead(state, MOST_AHEAD) > 0) {
        deleteOtherBlocks();
      }
      return savedBlocks.any();
    } catch (IOException | UncheckedIOException e) {
      throw new UnavailableException(cannotWrite(blockFiles.folder(), e), e);
    }
  }

  /// Writes the state down; when this returns it is on the disk, and older ones than the last two
  /// are gone.
  ///
  /// @return the hash of the state
  /// @throws UnavailableException if the disk does not take it; nothing has changed then
  public String save(
      long agentSteps, CheckpointFile.Surroundings surroundings, Checkpointable state) {
    Path target = folder.resolve("step-" + agentSteps + ".ckpt");
    Path temporary = folder.resolve(target.getFileName() + TEMPORARY);
    try {
      String stateHash = write(temporary, agentSteps, surroundings, state);
      if (blockFiles.sync()) {
        Disk.syncFolder(folder);
      }
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
      Disk.syncFolder(folder);
      blocksOf.put(target, savedBlocks.hashes());
      prune();
      return stateHash;
    } catch (IOException | UncheckedIOException e) {
      delete(temporary);
      throw new UnavailableException(cannotWrite(target, e), e);
    }
  }

  private String write(
      Path file, long agentSteps, CheckpointFile.Surroundings surroundings, Checkpointable state)
      throws IOException {
    Files.createDirectories(folder);
    try (WritableByteChannel channel = disk.create(file)) {
      var header = new CheckpointFile.Header(configHash, agentSteps);
      CheckpointWriter writer = CheckpointWriter.begin(channel, header, savedBlocks);
      state.save(writer);
      return writer.finish(surroundings);
    }
  }

  private String cannotWrite(Path target, Exception e) {
    List<Path> kept = list();
    String rest =
        kept.isEmpty()
            ? "There is no checkpoint yet"
            : "The last good checkpoint is " + kept.getFirst().getFileName();
    return "cannot write "
        + target
        + ": "
        + Disk.reason(e)
        + ". "
        + rest
        + "; make room, then go on with: jarl resume "
        + folder.getParent();
  }

  /// The newest checkpoint that is whole and of this config, verified, ready to be read; null when
  /// there is none at all. Newer ones that cannot be used are set aside, and blocks that no other
  /// names are deleted.
  ///
  /// @param warn receives a message for every file that is refused
  /// @throws UnusableCheckpointException if there are checkpoints and none can be used
  public @Nullable CheckpointReader newest(Consumer<String> warn) throws IOException {
    CheckpointReader newest = newestUsable(warn);
    try {
      deleteOtherBlocks();
      return newest;
    } catch (IOException | RuntimeException e) {
      if (newest != null) {
        newest.close();
      }
      throw e;
    }
  }

  private @Nullable CheckpointReader newestUsable(Consumer<String> warn) throws IOException {
    List<Path> refused = new ArrayList<>();
    List<String> reasons = new ArrayList<>();
    for (Path file : list()) {
      try {
        CheckpointReader reader =
            CheckpointReader.open(file, configHash, textHash, blockFiles, savedBlocks);
        for (int i = 0; i < refused.size(); i++) {
          warn.accept(reasons.get(i) + setAside(refused.get(i)));
        }
        if (!refused.isEmpty()) {
          warn.accept("going on from the checkpoint before: " + reader.name());
        }
        return reader;
      } catch (UnusableCheckpointException e) {
        refused.add(file);
        reasons.add(String.valueOf(e.getMessage()));
      } catch (IOException e) {
        refused.add(file);
        reasons.add(file.getFileName() + " cannot be read: " + Disk.reason(e));
      }
    }
    if (!refused.isEmpty()) {
      throw new UnusableCheckpointException(
          "no checkpoint in " + folder + " can be used: " + String.join("; ", reasons));
    }
    return null;
  }

  /// What was done with a file that cannot be used, as the end of a sentence.
  private static String setAside(Path file) {
    Path aside = file.resolveSibling(file.getFileName() + REFUSED);
    try {
      Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
      return "; it is now called " + aside.getFileName();
    } catch (IOException e) {
      return "; it cannot be renamed: " + Disk.reason(e);
    }
  }

  /// The checkpoints there are, the newest first.
  List<Path> list() {
    return list(folder);
  }

  /// The checkpoints in a folder, the newest first.
  public static List<Path> list(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(f -> agentSteps(f) >= 0)
          .sorted(Comparator.comparingLong(Checkpoints::agentSteps).reversed())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Agent steps of a checkpoint by its name; -1 when it is none.
  public static long agentSteps(Path file) {
    Matcher name = NAME.matcher(file.getFileName().toString());
    return name.matches() ? Long.parseLong(name.group(1)) : -1;
  }

  private void prune() throws IOException {
    list().stream().skip(KEPT).forEach(Checkpoints::delete);
    deleteOtherBlocks();
  }

  /// Deletes the blocks that neither a checkpoint has nor the next one will have. While a file with
  /// the name of a checkpoint cannot be read, all blocks stay: they may be its.
  private void deleteOtherBlocks() throws IOException {
    Set<String> used = savedBlocks.hashes();
    blocksOf.keySet().retainAll(list());
    for (Path file : list()) {
      Set<String> known = blocksOf.get(file);
      if (known == null) {
        try {
          known = blocks(file);
        } catch (IOException _) {
          return;
        }
        blocksOf.put(file, known);
      }
      used.addAll(known);
    }
    blockFiles.keepOnly(used);
  }

  /// The blocks of a checkpoint; none of one that is damaged.
  private static Set<String> blocks(Path file) throws IOException {
    try (FileChannel channel = Disk.open(file)) {
      return CheckpointEnvelope.read(file, channel).blocks().stream()
          .map(BlockFiles.Stored::hash)
          .collect(Collectors.toSet());
    } catch (UnusableCheckpointException _) {
      return Set.of();
    }
  }

  /// Removes what a killed process left half written.
  public void clean() {
    try (Stream<Path> files = Files.isDirectory(folder) ? Files.list(folder) : Stream.empty()) {
      files.filter(f -> f.toString().endsWith(TEMPORARY)).forEach(Checkpoints::delete);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // A left-over is only a waste of space; the error that led here is the one to report.
      System.getLogger(Checkpoints.class.getName())
          .log(System.Logger.Level.WARNING, "cannot delete " + file, e);
    }
  }
}
