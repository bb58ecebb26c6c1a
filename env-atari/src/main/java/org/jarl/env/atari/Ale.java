package org.jarl.env.atari;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.ale.ALEInterface;
import org.bytedeco.ale.ALERAM;
import org.bytedeco.ale.ALEScreen;
import org.bytedeco.javacpp.IntPointer;
import org.jarl.env.Checkpointable;
import org.jarl.env.EnvironmentUnavailableException;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;

/// One console with one cartridge in it: the only door to the Arcade Learning Environment.
///
/// ALE exits, aborts or hangs the process over a wrong file, mode or action, so nothing reaches it
/// that was not checked here. It runs one frame at a time and draws nothing at random but when it
/// is switched on: frame skips, sticky actions and limits are done outside, in Java.
///
/// A game is its seed and the actions since, and that is what is saved: ALE's own copies of a state
/// leave out a half-drawn picture and, in some games, more. Loading plays the game again, which
/// takes about as long as playing it took. Not thread-safe; instances are independent.
final class Ale implements Checkpointable, AutoCloseable {
  /// Actions of the joystick, `0 .. 17`.
  static final int ACTIONS = 18;

  /// Doing nothing.
  static final int NOOP = 0;

  /// Pressing the button.
  static final int FIRE = 1;

  /// Bytes of the console's memory.
  static final int MEMORY = 128;

  private static final int COLORS = 256;

  private final ALEInterface ale;
  private final PowerOn powerOn;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment screen;
  private final MemorySegment memory;
  private final int height;
  private final int width;
  private final int[] minimalActions;
  private long seed;
  private byte[] actions = new byte[1 << 14];
  private int frames;
  private boolean started;
  private boolean closed;

  /// What [#insert] does when a mode has been tried; [#powerOn] or [#load] must follow.
  Ale(Cartridge cartridge, int mode, int difficulty) {
    Game game = check(cartridge);
    checkOffered(cartridge, "mode", mode, modes(cartridge, game));
    checkOffered(cartridge, "difficulty", difficulty, game.difficulties());
    AleLibrary.require();
    ale = new ALEInterface();
    try {
      configure();
      insert(cartridge);
      ale.setMode(mode);
      ale.setDifficulty(difficulty);
      minimalActions = array(ale.getMinimalActionSet());
      ALEScreen picture = ale.getScreen();
      height = Math.toIntExact(picture.height());
      width = Math.toIntExact(picture.width());
      screen = view(picture.getArray().address(), (long) height * width);
      ALERAM ram = ale.getRAM();
      memory = view(ram.array().address(), MEMORY);
      powerOn = new PowerOn(ale, cartridge.isOwn());
    } catch (RuntimeException | Error e) {
      arena.close();
      ale.close();
      throw e;
    }
  }

  /// Tries a cartridge that ALE was not made for in a process of its own, which takes a second or
  /// two. Only what passes may be put in here.
  ///
  /// @throws IllegalArgumentException if the bytes are no ROM, or ALE would end or hang over them
  /// @throws EnvironmentUnavailableException if ALE cannot be used on this machine
  static void probe(Cartridge cartridge) {
    Game game = check(cartridge);
    if (!AleProbe.startsInside(cartridge.bytes())) {
      throw new IllegalArgumentException(
          "the ROM of \"%s\" does not say where the processor starts: it is no Atari 2600 ROM"
              .formatted(cartridge.id()));
    }
    AleProbe.play(cartridge, game.modes().getFirst(), game.difficulties().getFirst());
  }

  /// Puts a cartridge in. A mode that is not the game's first is tried in a process of its own,
  /// once in the life of this one, since ALE waits for ever where the game does not come there.
  ///
  /// @param mode of the game, one that it has
  /// @param difficulty of the game, one that it has
  /// @throws IllegalArgumentException if the game does not have that mode or difficulty, or the
  ///   cartridge cannot be one
  /// @throws EnvironmentUnavailableException if ALE cannot be used on this machine
  static Ale insert(Cartridge cartridge, int mode, int difficulty) {
    Game game = check(cartridge);
    checkOffered(cartridge, "mode", mode, modes(cartridge, game));
    if (mode != game.modes().getFirst()) {
      AleProbe.playOnce(cartridge, mode, difficulty);
    }
    return new Ale(cartridge, mode, difficulty);
  }

  /// A cartridge of another make need not know SELECT.
  private static List<Integer> modes(Cartridge cartridge, Game game) {
    return cartridge.isOwn() ? List.of(game.modes().getFirst()) : game.modes();
  }

  /// Refuses what ALE would end the process over.
  private static Game check(Cartridge cartridge) {
    String problem = new RomImage(cartridge.bytes(), "").sizeProblem();
    if (problem != null) {
      throw new IllegalArgumentException("the ROM of \"" + cartridge.id() + "\" " + problem);
    }
    Game game = Games.ale().named(cartridge.game());
    if (game == null || !game.name().equals(cartridge.game())) {
      throw new IllegalArgumentException(
          "\"%s\" must follow a game that ALE knows, got \"%s\""
              .formatted(cartridge.id(), cartridge.game()));
    }
    return game;
  }

  private static void checkOffered(
      Cartridge cartridge, String what, int value, List<Integer> offered) {
    if (!offered.contains(value)) {
      throw new IllegalArgumentException(
          "%s of \"%s\" must be one of %s, got %d".formatted(what, cartridge.id(), offered, value));
    }
  }

  /// Every setting that can change a game.
  private void configure() {
    ale.setFloat("repeat_action_probability", 0);
    ale.setInt("frame_skip", 1);
    ale.setInt("random_seed", 0);
    ale.setInt("system_random_seed", 4_753_849);
    ale.setInt("max_num_frames", 0);
    ale.setInt("max_num_frames_per_episode", 0);
    ale.setBool("color_averaging", false);
    ale.setBool("display_screen", false);
    ale.setBool("sound", false);
    ale.setString("record_screen_dir", "");
    ale.setString("record_sound_filename", "");
  }

  /// ALE finds out by the name of the file which game it is.
  private void insert(Cartridge cartridge) {
    try {
      Path folder = Files.createTempDirectory("jarl-");
      Path file = folder.resolve(cartridge.game() + ".bin");
      try {
        Files.write(file, cartridge.bytes());
        ale.loadROM(file.toString());
      } finally {
        Files.deleteIfExists(file);
        Files.delete(folder);
      }
    } catch (IOException e) {
      throw new EnvironmentUnavailableException(
          "the ROM of \"%s\" cannot be written into the folder of temporary files, %s: %s"
              .formatted(cartridge.id(), System.getProperty("java.io.tmpdir"), e),
          e);
    }
  }

  private static int[] array(IntPointer list) {
    try (list) {
      int[] values = new int[Math.toIntExact(list.limit())];
      list.get(values);
      return values;
    }
  }

  private MemorySegment view(long address, long size) {
    return MemorySegment.ofAddress(address).reinterpret(size, arena, null).asReadOnly();
  }

  /// Switches the console off and on and starts a game. Nothing of an earlier game is left.
  ///
  /// @param newSeed what is random about it follows from this
  void powerOn(long newSeed) {
    checkOpen();
    seed = newSeed;
    frames = 0;
    powerOn.start(newSeed);
    started = true;
  }

  /// Plays one frame; after the end of the game nothing happens any more.
  ///
  /// @param action `0 .. 17`, that of the joystick during the frame
  /// @return points won or lost
  int act(int action) {
    checkStarted();
    if (action < 0 || action >= ACTIONS) {
      throw new IllegalArgumentException("action must be in 0 .. 17, got " + action);
    }
    if (frames == actions.length) {
      actions = Arrays.copyOf(actions, 2 * frames);
    }
    actions[frames++] = (byte) action;
    return ale.act(action);
  }

  /// Frames played in this game.
  int frames() {
    return frames;
  }

  /// The action of the frame before, [#NOOP] at the start.
  int lastAction() {
    return frames == 0 ? NOOP : actions[frames - 1];
  }

  /// Whether the game is over.
  boolean gameOver() {
    checkStarted();
    return ale.game_over();
  }

  /// Lives left; 0 in games without lives.
  int lives() {
    checkStarted();
    return ale.lives();
  }

  /// Rows of the screen: 210 in most games.
  int height() {
    return height;
  }

  /// Pixels of a row: 160, each twice as wide as it is high.
  int width() {
    return width;
  }

  /// `[height, width]` indices into the console's palette. Always the present screen; ends with
  /// [#close].
  MemorySegment screen() {
    checkOpen();
    return screen;
  }

  /// `[128]`, the console's memory after the last frame. Ends with [#close].
  MemorySegment memory() {
    checkOpen();
    return memory;
  }

  /// The actions that the game uses, as [#act] takes them.
  int[] minimalActions() {
    return minimalActions.clone();
  }

  /// `[256]`, the luminance of each palette index.
  byte[] grayTable() {
    checkOpen();
    byte[] table = new byte[COLORS];
    for (int i = 0; i < COLORS; i++) {
      table[i] = ale.theOSystem().colourPalette().getGrayscale(i);
    }
    return table;
  }

  /// `[3, 256]`, red, green and blue of each palette index.
  byte[] rgbTable() {
    checkOpen();
    byte[] table = new byte[3 * COLORS];
    for (int i = 0; i < COLORS; i++) {
      int color = ale.theOSystem().colourPalette().getRGB(i);
      table[i] = (byte) (color >> 16);
      table[COLORS + i] = (byte) (color >> 8);
      table[2 * COLORS + i] = (byte) color;
    }
    return table;
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the emulator is closed");
    }
  }

  private void checkStarted() {
    checkOpen();
    if (!started) {
      throw new IllegalStateException("the console must be switched on or loaded first");
    }
  }

  @Override
  public void save(StateWriter to) {
    checkStarted();
    to.section("console");
    to.putLong(seed);
    to.putInt(frames);
    to.putBytes(MemorySegment.ofArray(actions).asSlice(0, frames));
    to.putBytes(memory);
  }

  /// {@inheritDoc}
  ///
  /// @throws IllegalArgumentException if the game does not come to the saved memory: it is the
  ///   state of another cartridge, mode or difficulty
  @Override
  public void load(StateReader from) {
    checkOpen();
    from.section("console");
    long newSeed = from.getLong();
    int count = from.getInt();
    if (count < 0) {
      throw new IllegalArgumentException("a saved game cannot have " + count + " frames");
    }
    byte[] played = new byte[count];
    from.getBytes(MemorySegment.ofArray(played));
    byte[] end = new byte[MEMORY];
    from.getBytes(MemorySegment.ofArray(end));
    powerOn(newSeed);
    for (byte action : played) {
      act(action);
    }
    if (!Arrays.equals(end, memory.toArray(ValueLayout.JAVA_BYTE))) {
      started = false;
      throw new IllegalArgumentException(
          "the saved game of %d frames plays otherwise now: it is of another ROM, mode or difficulty"
              .formatted(count));
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      arena.close();
      powerOn.close();
      ale.close();
    }
  }
}
