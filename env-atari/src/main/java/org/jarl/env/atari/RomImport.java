package org.jarl.env.atari;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.FileVisitor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jarl.env.RomLibrary.Finding;
import org.jarl.env.RomLibrary.Outcome;
import org.jspecify.annotations.Nullable;

/// Looks through files, archives and folders for the ROMs that ALE knows, by md5 whatever a file is
/// called, and takes them into the ROM folder. Used once.
///
/// Reads of each file what a cartridge can hold, and of each archive a bounded number of files.
/// Links to folders are not followed, so that no loop can be walked.
final class RomImport {
  private static final int MAX_DEPTH = 64;
  private static final int MAX_FILES = 200_000;
  private static final int MAX_ENTRIES = 20_000;

  /// The directory of an archive is read whole, so its size is bounded too.
  private static final long MAX_ARCHIVE_BYTES = 256L << 20;

  private static final Set<String> ENDINGS = Set.of("bin", "a26", "rom", "zip");

  private final RomFolder folder;
  private final List<Finding> findings = new ArrayList<>();

  RomImport(RomFolder folder) {
    this.folder = folder;
  }

  /// Looks at a path that exists.
  ///
  /// @return what was found, in the order it was looked at
  List<Finding> from(Path path) {
    if (Files.isDirectory(path)) {
      walk(path);
    } else {
      file(path, true);
    }
    return Collections.unmodifiableList(findings);
  }

  private void walk(Path root) {
    try {
      Files.walkFileTree(
          root.toRealPath(), EnumSet.noneOf(FileVisitOption.class), MAX_DEPTH, new Walk());
    } catch (IOException e) {
      refuse(root.toString(), "cannot be looked through: " + e);
    }
  }

  private final class Walk implements FileVisitor<Path> {
    private int files;

    @Override
    public FileVisitResult preVisitDirectory(Path at, BasicFileAttributes attributes) {
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      if (++files > MAX_FILES) {
        refuse(file.toString(), "is beyond %,d files; name a smaller folder".formatted(MAX_FILES));
        return FileVisitResult.TERMINATE;
      }
      if (attributes.isSymbolicLink() && Files.isDirectory(file)) {
        refuse(file.toString(), "is a link to a folder, which is not followed; name that folder");
      } else {
        file(file, looksLikeRom(file.getFileName().toString()));
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) {
      refuse(file.toString(), "cannot be read: " + e);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path at, @Nullable IOException e) {
      if (e != null) {
        refuse(at.toString(), "cannot be looked through to its end: " + e);
      }
      return FileVisitResult.CONTINUE;
    }
  }

  private static boolean looksLikeRom(String name) {
    int dot = name.lastIndexOf('.');
    return dot >= 0 && ENDINGS.contains(name.substring(dot + 1).toLowerCase(Locale.ROOT));
  }

  /// @param meant whether the user will want to know why it is no ROM
  private void file(Path file, boolean meant) {
    try {
      RomImage image = RomImage.read(file);
      if ("a zip archive".equals(image.archive())) {
        archive(file);
      } else {
        image(file.toString(), image, meant);
      }
    } catch (RefusedRomException e) {
      refuse(file.toString(), String.valueOf(e.getMessage()));
    }
  }

  private void archive(Path file) {
    try (ZipFile zip = open(file)) {
      int entries = 0;
      for (ZipEntry entry : Collections.list(zip.entries())) {
        if (++entries > MAX_ENTRIES) {
          refuse(file.toString(), "holds more than %,d files; unpack it".formatted(MAX_ENTRIES));
          return;
        }
        if (!entry.isDirectory()) {
          entry(file + "!/" + entry.getName(), zip, entry);
        }
      }
    } catch (IOException | IllegalArgumentException e) {
      refuse(file.toString(), "is a zip archive that cannot be read: " + e.getMessage());
    } catch (RefusedRomException e) {
      refuse(file.toString(), String.valueOf(e.getMessage()));
    }
  }

  private static ZipFile open(Path file) throws IOException, RefusedRomException {
    if (Files.size(file) > MAX_ARCHIVE_BYTES) {
      throw new RefusedRomException(
          "is an archive of more than %,d MiB; unpack it".formatted(MAX_ARCHIVE_BYTES >> 20));
    }
    // Names in old archives are of any encoding; in this one every byte is a letter.
    return new ZipFile(file.toFile(), StandardCharsets.ISO_8859_1);
  }

  private void entry(String source, ZipFile zip, ZipEntry entry) {
    try (InputStream in = zip.getInputStream(entry)) {
      image(source, RomImage.read(in), looksLikeRom(entry.getName()));
    } catch (IOException | IllegalArgumentException e) {
      refuse(source, "cannot be unpacked: " + e.getMessage());
    }
  }

  private void image(String source, RomImage image, boolean meant) {
    Game game = folder.games().withMd5(image.md5());
    if (game != null) {
      boolean taken = folder.store(game, image);
      note(source, taken ? Outcome.IMPORTED : Outcome.ALREADY_THERE, game.title());
    } else if (meant) {
      refuse(source, reason(source, image));
    } else {
      note(source, Outcome.NO_ROM, "");
    }
  }

  private String reason(String source, RomImage image) {
    String archive = image.archive();
    if (archive != null) {
      return "is " + archive + "; unpack it first";
    }
    String size = image.sizeProblem();
    if (size != null) {
      return size;
    }
    Game named = folder.games().named(stem(source));
    return named == null
        ? "is not known by its md5 "
            + image.md5()
            + ": another version of a game, or no game of ALE"
        : "is not the version of %s that ALE knows: its md5 is %s, must be %s"
            .formatted(named.title(), image.md5(), named.md5());
  }

  /// The name of a file without folders and ending, in lower case.
  static String stem(String source) {
    String name = source.substring(Math.max(source.lastIndexOf('/'), source.lastIndexOf('\\')) + 1);
    int dot = name.lastIndexOf('.');
    return (dot > 0 ? name.substring(0, dot) : name).toLowerCase(Locale.ROOT);
  }

  private void refuse(String source, String reason) {
    note(source, Outcome.NOT_SUPPORTED, reason);
  }

  private void note(String source, Outcome outcome, String text) {
    findings.add(new Finding(printable(source), outcome, printable(text)));
  }

  /// Names in archives may hold anything, commands to a terminal too.
  private static String printable(String text) {
    return text.codePoints()
        .map(c -> Character.isISOControl(c) ? '?' : c)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }
}
