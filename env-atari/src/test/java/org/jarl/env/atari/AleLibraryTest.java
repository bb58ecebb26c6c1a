package org.jarl.env.atari;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jarl.env.EnvironmentUnavailableException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How ALE gets into a JVM, or does not. Each case needs a JVM of its own.
final class AleLibraryTest {

  /// Puts a cartridge in and prints what comes of it.
  static final class Insert {
    public static void main(String[] arguments) {
      try (AtariEnvironment environment = new Task().create()) {
        System.out.println(environment.spec().observationSpace().shape());
      } catch (EnvironmentUnavailableException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  /// Touches 200 MB outside the heap first, as a replay memory does.
  static final class InsertBesideMuch {
    public static void main(String[] arguments) {
      Arena.global().allocate(200L << 20).fill((byte) 1);
      Insert.main(arguments);
    }
  }

  private static void assertSays(
      String expected, List<String> options, Map<String, String> variables) {
    ChildJvm child = ChildJvm.run(Insert.class, options, variables);
    assertEquals(new ChildJvm(0, expected + System.lineSeparator(), ""), child);
  }

  @Test
  void nothingIsWrittenToTheStandardError() {
    assertSays("[128]", List.of(), Map.of());
  }

  @Test
  void aPlatformWithoutNativesIsNamed() {
    assertSays(
        "ALE's native library for linux-arm64 is not on the class path. ALE 0.7.3 exists for"
            + " linux-x86_64, linux-x86, macosx-x86_64, windows-x86_64 and windows-x86; on another"
            + " one of these than linux-x86_64 build with -Dnative.platform=NAME",
        List.of("-Dorg.bytedeco.javacpp.platform=linux-arm64"),
        Map.of());
  }

  @Test
  void aSystemLibraryThatCannotBeLoadedIsNamedWithItsPackage(@TempDir Path folder)
      throws IOException {
    Files.writeString(folder.resolve("libz.so.1"), "no library");
    assertSays(
        "ALE needs the system library libz.so.1, which cannot be loaded (file too short); install"
            + " zlib1g (Debian, Ubuntu), zlib (Fedora, Arch)",
        List.of(),
        Map.of("LD_LIBRARY_PATH", folder.toString()));
  }

  @Test
  void aFolderOfTemporaryFilesThatIsNotThereIsNamed(@TempDir Path folder) {
    Path missing = folder.resolve("missing");
    ChildJvm child = ChildJvm.run(Insert.class, List.of("-Djava.io.tmpdir=" + missing), Map.of());
    assertEquals(0, child.exit());
    assertEquals(
        "the ROM of \"puppet\" cannot be written into the folder of temporary files, " + missing,
        child.out().substring(0, child.out().indexOf(':')));
  }

  /// JavaCPP would allow four times the heap to the whole process.
  @Test
  void aLargeMemoryOutsideTheHeapDoesNotMatter() {
    assertEquals(
        new ChildJvm(0, "[128]" + System.lineSeparator(), ""),
        ChildJvm.run(InsertBesideMuch.class, List.of("-Xmx32m"), Map.of()));
  }
}
