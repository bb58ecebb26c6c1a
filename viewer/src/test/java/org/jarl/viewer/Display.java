package org.jarl.viewer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// An X server without a screen (Xvfb), with hands (xdotool) and eyes: its picture lies in a file.
/// Where the programs are missing tests are skipped, or fail if `-Djarl.forbid.skips=true`.
final class Display implements AutoCloseable {
  private static final int WIDTH_FIELD = 16;
  private static final int STRIDE_FIELD = 48;
  private static final int COLORS_FIELD = 76;
  private static final int COLOR_BYTES = 12;

  private final Child server;
  private final Path picture;
  final String name;

  private Display(Child server, Path picture, String name) {
    this.server = server;
    this.picture = picture;
    this.name = name;
  }

  /// Whether what this machine lacks fails the tests that need it.
  static boolean required() {
    return Boolean.getBoolean("jarl.forbid.skips");
  }

  /// Skips a test for want of something, or fails it where nothing may be missing.
  static void need(boolean there, String what) {
    if (required()) {
      assertTrue(there, what);
    }
    assumeTrue(there, what);
  }

  private static boolean onPath(String program) {
    for (String folder : System.getenv("PATH").split(File.pathSeparator, -1)) {
      if (Files.isExecutable(Path.of(folder, program))) {
        return true;
      }
    }
    return false;
  }

  static Display open(Path folder) throws IOException {
    need(onPath("Xvfb"), "needs the program Xvfb (Debian package xvfb)");
    need(onPath("xdotool"), "needs the program xdotool");
    Child server =
        Child.program(
            "Xvfb",
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1400x1000x24",
            "-nolisten",
            "tcp",
            "-fbdir",
            folder.toString());
    String line = server.await("");
    while (!line.matches("\\d+")) {
      line =
          server.await(""); // the server may complain first, about folders that are not there yet
    }
    return new Display(server, folder.resolve("Xvfb_screen0"), ":" + line);
  }

  /// Runs xdotool.
  void hand(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("xdotool"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
    builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.environment().put("DISPLAY", name);
    assertEquals(0, builder.start().waitFor(), "xdotool " + String.join(" ", arguments));
  }

  /// Waits for a window and gives it the keys: there is no window manager that would.
  void focus(String title) throws IOException, InterruptedException {
    hand("search", "--sync", "--onlyvisible", "--name", title, "windowfocus", "--sync");
  }

  /// The colour on the screen as `0xRRGGBB`; the file is an X window dump.
  int pixel(int x, int y) throws IOException {
    ByteBuffer four = ByteBuffer.allocate(4);
    try (FileChannel dump = FileChannel.open(picture)) {
      assertTrue(x >= 0 && x < number(dump, four, WIDTH_FIELD), "x = " + x);
      long start = number(dump, four, 0) + (long) number(dump, four, COLORS_FIELD) * COLOR_BYTES;
      int pixel = number(dump, four, start + (long) y * number(dump, four, STRIDE_FIELD) + 4L * x);
      return Integer.reverseBytes(pixel) & 0xffffff;
    }
  }

  private static int number(FileChannel dump, ByteBuffer four, long at) throws IOException {
    four.clear();
    assertEquals(4, dump.read(four, at));
    return four.getInt(0);
  }

  @Override
  public void close() {
    server.close();
  }
}
