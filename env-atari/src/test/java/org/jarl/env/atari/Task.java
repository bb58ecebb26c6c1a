package org.jarl.env.atari;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.function.Supplier;
import org.jarl.env.EnvironmentSpec.Padding;
import org.jarl.env.atari.AtariOptions.Resize;
import org.jarl.env.atari.AtariOptions.View;

/// A learning task for tests: the barest one, to be changed field by field.
final class Task {
  /// Addresses of the memory of the cartridge `puppet`, less 128.
  static final int FRAMES = 0x00;

  static final int FIRES = 0x01;
  static final int TIMER = 0x02;
  static final int NOISE = 0x20;

  /// The puppet's actions in the full action space.
  static final int NOOP = 0;

  static final int FIRE = 1;
  static final int UP = 2;
  static final int RIGHT = 3;
  static final int LEFT = 4;
  static final int DOWN = 5;
  static final int UP_FIRE = 10;

  Cartridge cartridge = cartridge("puppet");
  int frameSkip = 1;
  float sticky = 0;
  int noopMax = 0;
  boolean fireReset = false;
  boolean terminalOnLifeLoss = false;
  boolean clipRewards = false;
  int maxFrames = 0;
  boolean fullActionSpace = true;
  int mode = 0;
  int difficulty = 0;
  View view = View.RAM;
  int size = 84;
  Resize resize = Resize.AREA;
  boolean maxPool = false;
  int stack = 1;
  Padding padding = Padding.FIRST;

  /// What most learners use: four gray screens, shrunk.
  static Task usual() {
    Task task = new Task();
    task.frameSkip = 4;
    task.noopMax = 30;
    task.fireReset = true;
    task.terminalOnLifeLoss = true;
    task.clipRewards = true;
    task.maxFrames = 108_000;
    task.view = View.GRAY;
    task.maxPool = true;
    task.stack = 4;
    return task;
  }

  /// A cartridge of these resources, with Breakout's memory layout.
  static Cartridge cartridge(String name) {
    try (InputStream in =
        Objects.requireNonNull(Task.class.getResourceAsStream(name + ".bin"), name)) {
      return new Cartridge(name, "breakout", in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  AtariOptions options() {
    return new AtariOptions(
        frameSkip,
        sticky,
        noopMax,
        fireReset,
        terminalOnLifeLoss,
        clipRewards,
        maxFrames,
        fullActionSpace,
        mode,
        difficulty,
        view,
        size,
        resize,
        maxPool,
        stack,
        padding);
  }

  AtariEnvironment create() {
    return new AtariEnvironment(cartridge, options());
  }

  Supplier<AtariEnvironment> factory() {
    AtariOptions options = options();
    Cartridge inserted = cartridge;
    return () -> new AtariEnvironment(inserted, options);
  }
}
