package org.jarl.viewer;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import org.jarl.env.Frame;
import org.jspecify.annotations.Nullable;

/// Writes a film through the program `ffmpeg`, which gets the frames as raw bytes by a pipe.
///
/// The file is made of fragments of about a second, so that it plays up to the last one whenever
/// writing ends. Only one thread may call; another one reads what ffmpeg reports.
final class FfmpegWriter implements FilmWriter {
  /// ffmpeg ends with this when it was asked to stop and finished its file.
  private static final int STOPPED = 255;

  private static final int KEPT_LINES = 5;

  private final Path program;
  private final Path file;
  private final int framesPerSecond;
  private final int scale;
  private final Deque<String> lines = new ArrayDeque<>();
  private @Nullable Process process;
  private @Nullable Thread reader;

  /// @param program as [#find] gives it
  /// @param file .mp4 or .webm; replaced if it exists
  FfmpegWriter(Path program, Path file, int framesPerSecond, int scale) {
    this.program = program;
    this.file = file;
    this.framesPerSecond = framesPerSecond;
    this.scale = scale;
  }

  /// Looks for ffmpeg.
  ///
  /// @param path folders, as the environment variable PATH has them
  static @Nullable Path find(@Nullable String path) {
    for (String folder : (path == null ? "" : path).split(File.pathSeparator, -1)) {
      for (String name : List.of("ffmpeg", "ffmpeg.exe")) {
        Path candidate = Path.of(folder.isEmpty() ? "." : folder, name);
        if (Files.isRegularFile(candidate) && Files.isExecutable(candidate)) {
          return candidate.toAbsolutePath();
        }
      }
    }
    return null;
  }

  @Override
  public void write(Frame frame) throws IOException {
    try {
      OutputStream pipe = (process == null ? start(frame) : process).getOutputStream();
      pipe.write(frame.rgb(), 0, 3 * frame.width() * frame.height());
      pipe.flush();
    } catch (IOException e) {
      if (process == null) {
        throw e;
      }
      throw new IOException(report(await()), e);
    }
  }

  private Process start(Frame frame) throws IOException {
    Process started = new ProcessBuilder(command(frame)).start();
    process = started;
    reader = Thread.ofVirtual().name("ffmpeg messages").start(() -> read(started));
    started.getInputStream().close();
    return started;
  }

  private List<String> command(Frame frame) {
    // Sides are padded to even numbers, which the colours of half resolution need.
    String filters =
        "scale=iw*%d:ih*%d:flags=neighbor:out_color_matrix=bt709:out_range=tv,format=yuv420p"
                .formatted(scale, scale)
            + ",pad=ceil(iw/2)*2:ceil(ih/2)*2";
    List<String> command = new ArrayList<>();
    command.add(program.toString());
    command.addAll(List.of("-hide_banner", "-loglevel", "error", "-nostats", "-y"));
    command.addAll(List.of("-f", "rawvideo", "-pixel_format", "rgb24"));
    command.addAll(List.of("-video_size", frame.width() + "x" + frame.height()));
    command.addAll(List.of("-framerate", String.valueOf(framesPerSecond), "-i", "pipe:0"));
    command.addAll(List.of("-vf", filters));
    command.addAll(
        List.of("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"));
    if (file.toString().toLowerCase(Locale.ROOT).endsWith(".webm")) {
      command.addAll(List.of("-c:v", "libvpx-vp9", "-crf", "20", "-b:v", "0"));
      command.addAll(List.of("-deadline", "realtime", "-cpu-used", "5"));
      command.addAll(List.of("-cluster_time_limit", "1000", "-f", "webm"));
    } else {
      command.addAll(List.of("-c:v", "libx264", "-preset", "veryfast", "-crf", "18"));
      command.addAll(List.of("-movflags", "+frag_keyframe+empty_moov+default_base_moof"));
      command.addAll(List.of("-frag_duration", "1000000", "-f", "mp4"));
    }
    command.addAll(List.of("-flush_packets", "1", "file:" + file.toAbsolutePath()));
    return command;
  }

  private void read(Process from) {
    try (BufferedReader errors =
        new BufferedReader(new InputStreamReader(from.getErrorStream(), StandardCharsets.UTF_8))) {
      for (String line = errors.readLine(); line != null; line = errors.readLine()) {
        lines.add(line);
        if (lines.size() > KEPT_LINES) {
          lines.remove();
        }
      }
    } catch (IOException e) {
      lines.add("its messages could not be read: " + e.getMessage());
    }
  }

  @Override
  public void close() throws IOException {
    if (process == null) {
      return;
    }
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      throw new IOException(report(await()), e);
    }
    int code = await();
    if (code != 0 && code != STOPPED) {
      throw new IOException(report(code));
    }
  }

  /// Waits until ffmpeg has ended and all its messages are here.
  private int await() throws IOException {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          if (reader != null) {
            reader.join();
          }
          return process == null ? 0 : process.waitFor();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private String report(int code) {
    String why = lines.isEmpty() ? "" : ": " + String.join("; ", lines);
    return code == STOPPED ? "ffmpeg was stopped" + why : "ffmpeg ended with code " + code + why;
  }
}
