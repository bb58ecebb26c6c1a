package org.jarl.experiments.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jarl.experiments.base.Disk;
import org.jarl.experiments.base.UnavailableException;
import org.jarl.experiments.base.UserErrorException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFolderTest {
  @TempDir Path temporary;

  @Test
  void theNextFreeNumberIsTaken() throws IOException {
    Files.createDirectories(temporary.resolve("runs/cartpole-dqn-s1-2"));
    for (int n : new int[] {1, 3, 4}) {
      try (RunFolder folder = RunFolder.createNext(temporary.resolve("runs"), "cartpole-dqn", 1)) {
        assertEquals(temporary.resolve("runs/cartpole-dqn-s1-" + n), folder.path());
      }
    }
  }

  private static String refusal(Path folder) {
    return String.valueOf(
        assertThrows(UserErrorException.class, () -> RunFolder.create(folder).close())
            .getMessage());
  }

  @Test
  void aFolderThatHoldsARunIsRefused() throws IOException {
    Path folder = Files.createDirectory(temporary.resolve("run"));
    Files.writeString(folder.resolve("config.yaml"), "seed: 1");
    assertEquals(
        folder
            + " already holds a run; go on with it by: jarl resume "
            + folder
            + ", or give another folder with --out",
        refusal(folder));
  }

  @Test
  void aFolderWithSomethingElseIsRefused() throws IOException {
    Path folder = Files.createDirectory(temporary.resolve("run"));
    Files.writeString(folder.resolve("letter.txt"), "dear");
    assertEquals(folder + " is not empty; --out needs a new or an empty folder", refusal(folder));
    Path file = folder.resolve("letter.txt");
    assertEquals(file + " is a file; --out needs a new or an empty folder", refusal(file));
  }

  @Test
  void anEmptyFolderIsTaken() throws IOException {
    Path folder = Files.createDirectory(temporary.resolve("run"));
    RunFolder.create(folder).close();
    RunFolder.create(folder).close();
  }

  @Test
  void aFolderInUseIsRefusedWithTheProcess() {
    Path folder = temporary.resolve("run");
    try (RunFolder taken = RunFolder.create(folder)) {
      Disk.write(taken.config(), new byte[0]);
      var refused = assertThrows(UserErrorException.class, () -> RunFolder.open(folder).close());
      assertEquals(
          folder
              + " is in use by process "
              + ProcessHandle.current().pid()
              + "; wait until it ends, or give another folder with --out",
          refused.getMessage());
    }
    RunFolder.open(folder).close();
  }

  @Test
  void onlyARunCanBeOpened() {
    Path missing = temporary.resolve("missing");
    assertEquals(
        missing + " is not a run folder: there is no such folder",
        assertThrows(UserErrorException.class, () -> RunFolder.open(missing).close()).getMessage());
    assertEquals(
        temporary + " is not a run folder: it has no config.yaml",
        assertThrows(UserErrorException.class, () -> RunFolder.open(temporary).close())
            .getMessage());
  }

  @Test
  void aFolderThatCannotBeMadeIsReported() throws IOException {
    Path file = Files.writeString(temporary.resolve("file"), "");
    var refused =
        assertThrows(
            UnavailableException.class, () -> RunFolder.create(file.resolve("run")).close());
    assertEquals(
        "cannot write the run folder " + file.resolve("run") + ": Not a directory",
        refused.getMessage());
  }
}
