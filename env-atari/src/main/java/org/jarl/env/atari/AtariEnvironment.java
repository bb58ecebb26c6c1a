package org.jarl.env.atari;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;
import org.jarl.env.Action;
import org.jarl.env.Environment;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.EnvironmentSpec.Padding;
import org.jarl.env.EnvironmentSpec.Stacking;
import org.jarl.env.EnvironmentUnavailableException;
import org.jarl.env.Frame;
import org.jarl.env.Observation;
import org.jarl.env.RandomStream;
import org.jarl.env.Space;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.Step;
import org.jspecify.annotations.Nullable;

/// An Atari 2600 game as a learning task (Bellemare et al. 2013, Mnih et al. 2015, Machado et al.
/// 2018).
///
///     action --sticky--> frames --last two--> larger, shrunk --> stack of observations
///                           |--> points: the score; they or their sign: the reward
///
/// What the options leave open is done as Stable-Baselines3 does it, and CleanRL after it:
///
/// - A game starts with 1 to `noopMax` frames without action. If `fireReset` and the game uses
///   FIRE, FIRE and the third action follow for one agent step each.
/// - A life is lost when fewer are left than after the agent step before, but not none. If
///   `fireReset`, the game then goes on with an agent step without action, FIRE and the third
///   action; else at once.
/// - The score counts every point of a game: what is made in these steps is part of the score of
///   the next one.
///
/// Unlike there, a picture is never made of frames of another agent step, that of a game that ends
/// within one is of its last frame alone, and an agent step ends at the frame that reaches
/// `maxFrames`; frames before the first observation count too.
///
/// Nothing is allocated per step. Not thread-safe.
final class AtariEnvironment implements Environment {
  /// A game that ends in its first frames is started again, but not for ever.
  private static final int MAX_STARTS = 100;

  private final AtariOptions options;
  private final Ale ale;
  private final int[] actions;
  private final boolean usesFire;
  private final @Nullable Preprocessor preprocessor;
  private final byte[] colors;
  private final EnvironmentSpec spec;
  private final Arena arena = Arena.ofShared();

  /// `[stack, ...]`, what is shown; the newest comes last.
  private final MemorySegment stack;

  /// Bytes of one frame of the stack.
  private final long part;

  /// The screen one frame before the present one.
  private final MemorySegment before;

  /// Whether [#before] is of the same agent step.
  private boolean hasBefore;

  private int lives;
  private boolean goesOn;
  private float pointsBefore;

  /// Puts the cartridge into a console of its own.
  ///
  /// @throws IllegalArgumentException if the game does not have the mode or the difficulty, the
  ///   cartridge cannot be one, or the size is larger than the screen
  /// @throws EnvironmentUnavailableException if ALE cannot be used on this machine
  AtariEnvironment(Cartridge cartridge, AtariOptions options) {
    this.options = options;
    ale = Ale.insert(cartridge, options.mode(), options.difficulty());
    try {
      int[] minimal = ale.minimalActions();
      actions = options.fullActionSpace() ? IntStream.range(0, Ale.ACTIONS).toArray() : minimal;
      usesFire = minimal.length > 2 && minimal[1] == Ale.FIRE;
      colors = ale.rgbTable();
      preprocessor =
          switch (options.observation()) {
            case GRAY -> preprocessor(ale.grayTable());
            case RGB -> preprocessor(colors);
            case RAM -> null;
          };
      spec = describe();
      part = spec.observationSpace().bytes() / options.stack();
      stack = arena.allocate(options.stack() * part, Long.BYTES);
      before = arena.allocate(ale.screen().byteSize(), Long.BYTES);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  private Preprocessor preprocessor(byte[] table) {
    return new Preprocessor(ale.height(), ale.width(), options.size(), options.resize(), table);
  }

  private EnvironmentSpec describe() {
    int height = options.size() == 0 ? ale.height() : options.size();
    int width = options.size() == 0 ? ale.width() : options.size();
    IntStream frameShape =
        switch (options.observation()) {
          case GRAY -> IntStream.of(height, width);
          case RGB -> IntStream.of(height, width, 3);
          case RAM -> IntStream.of(Ale.MEMORY);
        };
    int depth = options.stack();
    int[] shape =
        (depth == 1 ? frameShape : IntStream.concat(IntStream.of(depth), frameShape)).toArray();
    Space.Box space = Space.Box.u8(shape);
    return EnvironmentSpec.of(space, new Space.Discrete(actions.length))
        .withStacking(space, depth == 1 ? Stacking.NONE : new Stacking(depth, options.padding()));
  }

  @Override
  public EnvironmentSpec spec() {
    return spec;
  }

  /// Actions of the console that the actions of the space stand for: [Ale#NOOP] is doing nothing.
  int[] actions() {
    return actions.clone();
  }

  // ---- episodes

  @Override
  public void reset(RandomStream random, Observation out) {
    if (goesOn) {
      goOn(random);
    } else {
      start(random);
    }
    goesOn = false;
    lives = ale.lives();
    restartStack();
    show(out);
  }

  private void start(RandomStream random) {
    int starts = 0;
    do {
      if (starts++ == MAX_STARTS) {
        throw new IllegalStateException(
            "the game was over before its first action, %d times in a row; fewer noopMax may help"
                .formatted(MAX_STARTS));
      }
      ale.powerOn(random.nextLong());
      pointsBefore = 0;
      if (options.noopMax() > 0) {
        pointsBefore += hold(Ale.NOOP, 1 + random.nextInt(options.noopMax()), random);
      }
      hasBefore = false;
      fire(random);
    } while (ale.gameOver());
    observe();
  }

  /// A game may end in the frames that nobody chose the action for. Its end is still to be
  /// reported: the next step, which does nothing, does that. Else two games would count as one.
  private void goOn(RandomStream random) {
    if (options.fireReset()) {
      pointsBefore += hold(Ale.NOOP, options.frameSkip(), random);
      fire(random);
      observe();
    }
  }

  private void fire(RandomStream random) {
    if (options.fireReset() && usesFire) {
      pointsBefore += hold(Ale.FIRE, options.frameSkip(), random);
      pointsBefore += hold(actions[2], options.frameSkip(), random);
    }
  }

  @Override
  public void step(Action action, Step out) {
    float points = hold(actions[action.index()], options.frameSkip(), out.random());
    MemorySegment.copy(stack, part, stack, 0, stack.byteSize() - part);
    observe();
    show(out.observation());
    end(out, options.clipRewards() ? Math.signum(points) : points);
    out.score(points + pointsBefore);
    pointsBefore = 0;
  }

  private void end(Step out, float reward) {
    boolean over = ale.gameOver();
    boolean cut = isAtLimit();
    int left = ale.lives();
    boolean lostLife = options.terminalOnLifeLoss() && left < lives && left > 0;
    lives = left;
    if (over || lostLife && cut) {
      out.terminate(reward);
    } else if (lostLife) {
      out.loseLife(reward);
      goesOn = true;
    } else {
      out.reward(reward);
      if (cut) {
        out.truncate();
      }
    }
  }

  // ---- frames

  /// Holds an action for some frames, at least one unless the game is over. Returns the points
  /// made.
  private float hold(int action, int frames, RandomStream random) {
    float points = 0;
    hasBefore = false;
    for (int i = 0; i < frames && !ale.gameOver() && (i == 0 || !isAtLimit()); i++) {
      if (i > 0 && isShown(i, frames)) {
        before.copyFrom(ale.screen());
        hasBefore = true;
      }
      points += ale.act(isSticky(random) ? ale.lastAction() : action);
    }
    return points;
  }

  /// Whether a picture will be made of this frame, counted from 0, and the one before. That a game
  /// ends in a frame is not known before it: keeping every screen would cost as much as shrinking.
  private boolean isShown(int frame, int frames) {
    boolean last = frame == frames - 1 || options.maxFrames() == ale.frames() + 1;
    return last && options.maxPool() && preprocessor != null;
  }

  private boolean isSticky(RandomStream random) {
    float probability = options.repeatActionProbability();
    return probability > 0 && random.nextFloat() < probability;
  }

  private boolean isAtLimit() {
    return options.maxFrames() > 0 && ale.frames() >= options.maxFrames();
  }

  // ---- observations

  /// Writes the present frame into the last place of the stack.
  private void observe() {
    long last = stack.byteSize() - part;
    if (preprocessor == null) {
      MemorySegment.copy(ale.memory(), 0, stack, last, part);
    } else {
      preprocessor.into(hasBefore ? before : ale.screen(), ale.screen(), stack, last);
    }
  }

  /// Nothing of the episode before is left but what its last place holds.
  private void restartStack() {
    long last = stack.byteSize() - part;
    for (long at = 0; at < last; at += part) {
      if (options.padding() == Padding.FIRST) {
        MemorySegment.copy(stack, last, stack, at, part);
      } else {
        stack.asSlice(at, part).fill((byte) 0);
      }
    }
  }

  private void show(Observation out) {
    MemorySegment.copy(stack, 0, out.memory(), 0, stack.byteSize());
  }

  /// Draws the whole screen. Its pixels are twice as wide as they are high.
  @Override
  public boolean render(Frame frame) {
    MemorySegment screen = ale.screen();
    frame.resize(2 * ale.width(), ale.height());
    byte[] rgb = frame.rgb();
    for (int i = 0, at = 0; i < ale.width() * ale.height(); i++) {
      int color = screen.get(ValueLayout.JAVA_BYTE, i) & 0xff;
      for (int twice = 0; twice < 2; twice++) {
        rgb[at++] = colors[color];
        rgb[at++] = colors[Preprocessor.PALETTE + color];
        rgb[at++] = colors[2 * Preprocessor.PALETTE + color];
      }
    }
    return true;
  }

  // ---- state

  @Override
  public void save(StateWriter to) {
    to.section("atari");
    ale.save(to);
    to.putInt(lives);
    to.putBoolean(goesOn);
    to.putFloat(pointsBefore);
    to.putBytes(stack);
  }

  /// {@inheritDoc} Plays the game again up to the saved step, see [Ale].
  @Override
  public void load(StateReader from) {
    from.section("atari");
    ale.load(from);
    lives = from.getInt();
    goesOn = from.getBoolean();
    pointsBefore = from.getFloat();
    from.getBytes(stack);
  }

  @Override
  public void close() {
    ale.close();
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
