package org.jarl.viewer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jarl.env.Frame;
import org.jarl.env.Nearest;
import org.jspecify.annotations.Nullable;

/// A film that grows in a file, frame by frame. The ending of the file's name chooses the format.
///
///     .apng .png   lossless, plays in every browser (written here)
///     .gif         at most 256 colours a frame (written here)
///     .mp4 .webm   smallest (written by ffmpeg, which must be installed)
///
/// Whenever writing ends, because the disk is full or the process is killed, the file plays up to
/// there. No clock is asked: frames are shown at a fixed rate, however long they took to compute.
/// Not thread-safe.
public final class Film implements AutoCloseable {
  /// The [Settings#scale] that makes the longer side about 480 pixels.
  public static final int AUTO_SCALE = 0;

  private static final int AUTO_SIDE = 480;
  private static final int MAX_SCALE = 64;

  /// Frames per second that a film can have.
  public static final int MAX_RATE = 1000;

  private static final List<String> ENDINGS = List.of(".apng", ".png", ".gif", ".mp4", ".webm");

  /// How a film is made.
  ///
  /// @param framesPerSecond 1 to 1000
  /// @param scale how wide and high a pixel becomes, 1 to 64, or [#AUTO_SCALE]
  /// @param replace whether a file that exists may be lost
  public record Settings(int framesPerSecond, int scale, boolean replace) {
    /// Checks the values.
    public Settings {
      if (framesPerSecond < 1 || framesPerSecond > MAX_RATE) {
        throw new IllegalArgumentException(
            "a film has 1 to " + MAX_RATE + " frames per second, got " + framesPerSecond);
      }
      if (scale < 0 || scale > MAX_SCALE) {
        throw new IllegalArgumentException(
            "the pixels of a film are 1 to %d wide, or %d to choose, got %d"
                .formatted(MAX_SCALE, AUTO_SCALE, scale));
      }
    }

    /// Pixels as large as fits, and no file is replaced.
    public static Settings of(int framesPerSecond) {
      return new Settings(framesPerSecond, AUTO_SCALE, false);
    }
  }

  private final Path file;
  private final String ending;
  private final Settings settings;
  private final Frame fitted = new Frame();

  /// Null for a film that ffmpeg writes, and the other way round.
  private final @Nullable FileChannel channel;

  private final @Nullable Path ffmpeg;

  private @Nullable FilmWriter writer;
  private int width;
  private int height;
  private long frames;
  private boolean closed;

  private Film(Path file, Settings settings, @Nullable FileChannel channel, @Nullable Path ffmpeg) {
    this.file = file;
    this.ending = ending(file);
    this.settings = settings;
    this.channel = channel;
    this.ffmpeg = ffmpeg;
  }

  /// Begins a film. Folders that are missing are made.
  ///
  /// @throws IllegalArgumentException if the name has another ending, or the file exists and may
  ///   not be replaced
  /// @throws IllegalStateException if the format needs ffmpeg and it is not on the PATH
  /// @throws UncheckedIOException if the file cannot be written
  public static Film create(Path file, Settings settings) {
    return create(file, settings, System.getenv("PATH"));
  }

  /// As above, with the folders in which ffmpeg is looked for.
  static Film create(Path file, Settings settings, @Nullable String path) {
    Path ffmpeg = check(file, path);
    makeFolder(file);
    try {
      FileChannel channel =
          settings.replace()
              ? FileChannel.open(
                  file,
                  StandardOpenOption.WRITE,
                  StandardOpenOption.CREATE,
                  StandardOpenOption.TRUNCATE_EXISTING)
              : FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
      if (ffmpeg == null) {
        return new Film(file, settings, channel, null);
      }
      channel.close(); // now it is known that ffmpeg can write there
      return new Film(file, settings, null, ffmpeg);
    } catch (FileAlreadyExistsException e) {
      throw new IllegalArgumentException(
          "the film " + file + " exists: choose another name, or allow to replace it", e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the film " + file + ": " + reason(e), e);
    }
  }

  private static void makeFolder(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    try {
      if (folder != null) {
        Files.createDirectories(folder);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot make the folder of the film " + file + ": " + reason(e), e);
    }
  }

  /// Checks whether a film of this name could be made, before anything is computed for it.
  ///
  /// @throws IllegalArgumentException if the name has another ending
  /// @throws IllegalStateException if the format needs ffmpeg and it is not on the PATH
  public static void check(Path file) {
    check(file, System.getenv("PATH"));
  }

  /// @return ffmpeg where it is needed
  private static @Nullable Path check(Path file, @Nullable String path) {
    String ending = ending(file);
    if (!ENDINGS.contains(ending)) {
      throw new IllegalArgumentException(
          "the name of a film ends in .apng (or .png), .gif, .mp4 or .webm, got \""
              + file
              + "\"."
              + Nearest.hint(ending, ENDINGS));
    }
    if (!ending.equals(".mp4") && !ending.equals(".webm")) {
      return null;
    }
    Path ffmpeg = FfmpegWriter.find(path);
    if (ffmpeg == null) {
      throw new IllegalStateException(
          ending
              + " needs the program ffmpeg, which is not on the PATH: install it (apt install"
              + " ffmpeg, brew install ffmpeg, winget install ffmpeg), or name the film .apng,"
              + " which always works");
    }
    return ffmpeg;
  }

  private static String ending(Path file) {
    Path name = file.getFileName();
    String text = name == null ? "" : name.toString().toLowerCase(Locale.ROOT);
    return text.substring(Math.max(0, text.lastIndexOf('.')));
  }

  /// Adds a frame. The first one sets the size; one of another size is fitted into it, with black
  /// at the sides.
  ///
  /// @throws IllegalArgumentException if the first frame is too large for the format
  /// @throws IllegalStateException if the film is closed
  /// @throws UncheckedIOException if it could not be written, saying how many frames were kept; the
  ///   film is closed then
  public void add(Frame frame) {
    if (closed) {
      throw new IllegalStateException("the film " + file + " is closed: begin another one");
    }
    if (writer == null) {
      writer = begin(frame);
    }
    try {
      writer.write(fit(frame));
      frames++;
    } catch (IOException e) {
      String message = failure(e);
      closeAfter(e);
      throw new UncheckedIOException(message, e);
    }
  }

  private FilmWriter begin(Frame frame) {
    int scale = settings.scale();
    if (scale == AUTO_SCALE) {
      scale = Math.clamp((long) AUTO_SIDE / Math.max(frame.width(), frame.height()), 1, MAX_SCALE);
    }
    long wide = (long) scale * frame.width();
    long high = (long) scale * frame.height();
    if (Math.max(wide, high) > GifWriter.MAX_SIDE || 3 * wide * high > Integer.MAX_VALUE / 2) {
      throw new IllegalArgumentException(
          "a film of %d x %d pixels is too large: let its pixels be less than %d wide"
              .formatted(wide, high, scale));
    }
    width = frame.width();
    height = frame.height();
    int rate = settings.framesPerSecond();
    if (ffmpeg != null) {
      return new FfmpegWriter(ffmpeg, file, rate, scale);
    }
    SeekableByteChannel to = Objects.requireNonNull(channel);
    return ending.equals(".gif") ? new GifWriter(to, rate, scale) : new ApngWriter(to, rate, scale);
  }

  /// The factor that makes the longer side about 480 pixels.
  static int autoScale(Frame frame) {
    return Math.clamp((long) AUTO_SIDE / Math.max(frame.width(), frame.height()), 1, MAX_SCALE);
  }

  /// The frame in the size of the film: enlarged by a whole factor, or reduced by leaving out
  /// pixels, in the middle of a black picture.
  private Frame fit(Frame frame) {
    if (frame.width() == width && frame.height() == height) {
      return frame;
    }
    fitted.resize(width, height);
    fitted.fill(0);
    double factor = Math.min((double) width / frame.width(), (double) height / frame.height());
    if (factor >= 1) {
      factor = Math.floor(factor);
    }
    int innerWidth = Math.clamp(Math.round(factor * frame.width()), 1, width);
    int innerHeight = Math.clamp(Math.round(factor * frame.height()), 1, height);
    int left = (width - innerWidth) / 2;
    int top = (height - innerHeight) / 2;
    for (int y = 0; y < innerHeight; y++) {
      int fromY = (int) ((long) y * frame.height() / innerHeight);
      for (int x = 0; x < innerWidth; x++) {
        int fromX = (int) ((long) x * frame.width() / innerWidth);
        int from = 3 * (fromY * frame.width() + fromX);
        int to = 3 * ((top + y) * width + left + x);
        System.arraycopy(frame.rgb(), from, fitted.rgb(), to, 3);
      }
    }
    return fitted;
  }

  /// Frames that have been added.
  public long frames() {
    return frames;
  }

  /// Where the film is.
  public Path file() {
    return file;
  }

  /// Finishes the file. A film without a frame leaves none.
  ///
  /// @throws UncheckedIOException if ffmpeg could not finish it
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      closeFile();
    } catch (IOException e) {
      throw new UncheckedIOException(failure(e), e);
    }
  }

  private void closeFile() throws IOException {
    if (writer != null) {
      writer.close();
    } else if (channel != null) {
      channel.close();
    }
    if (frames == 0 && Files.isRegularFile(file)) {
      Files.delete(file);
    }
  }

  private void closeAfter(IOException cause) {
    closed = true;
    try {
      closeFile();
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  private String failure(IOException e) {
    String kept;
    if (frames == 0) {
      kept = "nothing was kept";
    } else if (ffmpeg != null) {
      kept = "what ffmpeg wrote of the " + frames + " frames before is kept and plays";
    } else {
      kept = "the " + frames + " frames before are kept, and the file plays";
    }
    return "the film " + file + " ends early: " + reason(e) + "; " + kept;
  }

  /// The reason alone: the messages of the file system begin with the file's name.
  private static String reason(IOException e) {
    if (e instanceof FileSystemException failed) {
      if (failed.getReason() != null) {
        return failed.getReason();
      }
      return switch (failed) {
        case AccessDeniedException _ -> "access denied";
        case FileAlreadyExistsException _ -> failed.getFile() + " is not a folder";
        case NoSuchFileException _ -> failed.getFile() + " does not exist";
        default -> failed.toString();
      };
    }
    return String.valueOf(e.getMessage());
  }
}
