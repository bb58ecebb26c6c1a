package org.jarl.env.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.jarl.env.Action;
import org.jarl.env.Environment;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Frame;
import org.jarl.env.Observation;
import org.jarl.env.RandomStream;
import org.jarl.env.Slide;
import org.jarl.env.Space;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.Step;
import org.jarl.env.check.EnvironmentChecker.Rule;
import org.jspecify.annotations.Nullable;

/// Environments that each break one rule, with the rule.
final class BrokenEnvironments {
  /// One of them.
  ///
  /// @param message what the checker says; what follows three dots is left open
  record Broken(String fault, Rule rule, String message, Supplier<Environment> factory) {
    @Override
    public String toString() {
      return fault;
    }
  }

  private static int staticPosition;
  private static int staticCounter;

  private BrokenEnvironments() {}

  static List<Broken> all() {
    List<Broken> all = new ArrayList<>();
    addThrowing(all);
    addSpecs(all);
    addObservations(all);
    addRewardsAndMasks(all);
    addRandomness(all);
    addStates(all);
    addPictures(all);
    StackedSlide.addBroken(all);
    return all;
  }

  private static void addThrowing(List<Broken> all) {
    all.add(
        new Broken(
            "throws in reset",
            Rule.RESET_THROWS,
            "reset of episode 1 threw java.lang.IllegalStateException: no map",
            () ->
                new Slide() {
                  @Override
                  public void reset(RandomStream random, Observation out) {
                    throw new IllegalStateException("no map");
                  }
                }));
    all.add(
        new Broken(
            "throws in step",
            Rule.STEP_THROWS,
            "step 1 of episode 1, action 2, threw java.lang.ArithmeticException: / " + "by zero",
            () ->
                new Slide() {
                  @Override
                  public void step(Action action, Step out) {
                    throw new ArithmeticException("/ by zero");
                  }
                }));
    all.add(
        new Broken(
            "writes beyond the observation",
            Rule.STEP_THROWS,
            "step 1 of episode 1, action 2, threw java.lang.IndexOutOfBoundsExcepti"
                + "on: an observation of shape [2] has elements 0 .. 1, got 2",
            () ->
                new Slide() {
                  @Override
                  public void step(Action action, Step out) {
                    super.step(action, out);
                    out.observation().set(2, 1f);
                  }
                }));
    all.add(
        new Broken(
            "writes a mask that its spec does not announce",
            Rule.STEP_THROWS,
            "step 1 of episode 1, action 1, threw java.lang.ArrayIndexOutOfBoundsEx"
                + "ception: Index 1 out of bounds for length 0",
            () ->
                new Slide() {
                  @Override
                  public EnvironmentSpec spec() {
                    return EnvironmentSpec.of(SPACE, new Space.Discrete(3)).withTimeLimit(40);
                  }
                }));
    all.add(
        new Broken(
            "throws when closed twice",
            Rule.CLOSE,
            "close() threw java.lang.IllegalStateException: closed before",
            () ->
                new Slide() {
                  private boolean closed;

                  @Override
                  public void close() {
                    if (closed) {
                      throw new IllegalStateException("closed before");
                    }
                    closed = true;
                  }
                }));
  }

  @SuppressWarnings("NullAway") // The faults are the point.
  private static void addSpecs(List<Broken> all) {
    Slide shared = new Slide();
    all.add(
        new Broken(
            "factory gives one object",
            Rule.CREATE,
            "the factory returned the same object twice",
            () -> shared));
    all.add(new Broken("factory gives null", Rule.CREATE, "the factory returned null", () -> null));
    all.add(
        new Broken(
            "factory throws",
            Rule.CREATE,
            "the factory threw java.lang.IllegalStateException: no licence",
            () -> {
              throw new IllegalStateException("no licence");
            }));
    all.add(
        new Broken(
            "has no spec",
            Rule.SPEC,
            "spec() returned null",
            () ->
                new Slide() {
                  @Override
                  public EnvironmentSpec spec() {
                    return null;
                  }
                }));
    all.add(
        new Broken(
            "changes its spec",
            Rule.SPEC,
            "spec() returned EnvironmentSpec[observationSpace=...",
            () ->
                new Slide() {
                  private int calls = 40;

                  @Override
                  public EnvironmentSpec spec() {
                    return super.spec().withTimeLimit(calls++);
                  }
                }));
  }

  private static void addObservations(List<Broken> all) {
    all.add(
        new Broken(
            "leaves an element of a step unwritten",
            Rule.OBSERVATION_WRITTEN,
            "element 1 of the observation was not written by step 8 of episode 1",
            () ->
                new Slide() {
                  @Override
                  protected void write(Observation out) {
                    out.set(0, position);
                    if (position != 5) {
                      out.set(1, draw);
                    }
                  }
                }));
    all.add(
        new Broken(
            "leaves the observation of a reset unwritten",
            Rule.OBSERVATION_WRITTEN,
            "element 0 of the observation was not written by reset of episode 1",
            () ->
                new Slide() {
                  @Override
                  public void reset(RandomStream random, Observation out) {
                    position = 2 + random.nextInt(3);
                    draw = random.nextFloat();
                  }
                }));
    all.add(
        new Broken(
            "observes NaN",
            Rule.OBSERVATION_FINITE,
            "element 0 of the observation of step 1 of episode 1 is NaN",
            () ->
                new Slide() {
                  @Override
                  protected void write(Observation out) {
                    super.write(out);
                    out.set(0, position == 4 ? Float.NaN : position);
                  }
                }));
    all.add(
        new Broken(
            "observes beyond its bounds",
            Rule.OBSERVATION_BOUNDS,
            "element 0 of the observation of step 8 of episode 1 is 7.0, the space "
                + "allows [0.0, 6.0]",
            () ->
                new Slide() {
                  @Override
                  protected void write(Observation out) {
                    super.write(out);
                    out.set(0, position + 2);
                  }
                }));
    all.add(
        new Broken(
            "keeps the observation of the reset",
            Rule.OBSERVATION_KEPT,
            "step 1 of episode 1 wrote into the observation of the call before it",
            () ->
                new Slide() {
                  private @Nullable Observation kept;

                  @Override
                  public void reset(RandomStream random, Observation out) {
                    kept = out;
                    super.reset(random, out);
                  }

                  @Override
                  public void step(Action action, Step out) {
                    super.step(action, out);
                    if (kept != null) {
                      write(kept);
                    }
                  }
                }));
  }

  private static void addRewardsAndMasks(List<Broken> all) {
    all.add(
        new Broken(
            "rewards infinity",
            Rule.REWARD_FINITE,
            "the reward of step 3 of episode 1 is Infinity",
            () ->
                new Slide() {
                  @Override
                  public void step(Action action, Step out) {
                    super.step(action, out);
                    out.reward(1f / (position - 3));
                  }
                }));
    all.add(
        new Broken(
            "terminates and truncates at once",
            Rule.ONE_END,
            "step 9 of episode 1 terminated and truncated the episode",
            () ->
                new Slide() {
                  @Override
                  public void step(Action action, Step out) {
                    super.step(action, out);
                    if (position == 6) {
                      out.truncate();
                    }
                  }
                }));
    all.add(
        new Broken(
            "forbids every action",
            Rule.MASK_EMPTY,
            "reset of episode 1 goes on but none of the 3 actions is legal",
            () ->
                new Slide() {
                  @Override
                  public void legalActions(boolean[] legal) {
                    Arrays.fill(legal, position != 3);
                  }
                }));
    all.add(
        new Broken(
            "forbids every action where it truncates",
            Rule.MASK_EMPTY,
            "step 1 of episode 1 truncated the episode but none of the 3 actions is legal",
            () ->
                new Slide() {
                  private boolean cut;

                  @Override
                  public void step(Action action, Step out) {
                    super.step(action, out);
                    if (!out.terminated()) {
                      cut = true;
                      out.truncate();
                      legalActions(out.legalActions());
                    }
                  }

                  @Override
                  public void reset(RandomStream random, Observation out) {
                    super.reset(random, out);
                    cut = false;
                  }

                  @Override
                  public void legalActions(boolean[] legal) {
                    Arrays.fill(legal, !cut);
                  }
                }));
    all.add(
        new Broken(
            "says two things of what is legal",
            Rule.MASK_AGREES,
            "step 1 of episode 1 wrote [true, true, false], but legalActions says ["
                + "true, true, true] of the same state",
            () ->
                new Slide() {
                  @Override
                  public void step(Action action, Step out) {
                    super.step(action, out);
                    out.legalActions()[2] = position != 4;
                  }
                }));
  }

  private static void addRandomness(List<Broken> all) {
    all.add(
        new Broken(
            "counts in a static field",
            Rule.DETERMINISTIC,
            "two instances with equal seeds and actions differ: ...",
            () ->
                new Slide() {
                  @Override
                  public void reset(RandomStream random, Observation out) {
                    super.reset(random, out);
                    position = 2 + staticCounter++ % 3;
                    write(out);
                  }
                }));
    all.add(
        new Broken(
            "draws from a generator of its own",
            Rule.DETERMINISTIC,
            "two instances with equal seeds and actions differ: ...",
            () ->
                new Slide() {
                  private final SplittableRandom own = new SplittableRandom(staticCounter++);

                  @Override
                  public void step(Action action, Step out) {
                    super.step(action, out);
                    draw = (float) own.nextDouble();
                    write(out.observation());
                  }
                }));
    all.add(
        new Broken(
            "keeps its position in a static field",
            Rule.SHARED_STATE,
            "an instance behaves differently when another one is used in between: e"
                + "lement 0 of the observation of step 1 of episode 1 is 4.0 in one and 5"
                + ".0 in the other",
            () ->
                new Slide() {
                  @Override
                  public void reset(RandomStream random, Observation out) {
                    super.reset(random, out);
                    staticPosition = position;
                  }

                  @Override
                  public void step(Action action, Step out) {
                    position = staticPosition;
                    super.step(action, out);
                    staticPosition = position;
                  }

                  @Override
                  public void load(StateReader from) {
                    super.load(from);
                    staticPosition = position;
                  }
                }));
    all.add(
        new Broken(
            "keeps the random stream of the reset",
            Rule.RANDOM_KEPT,
            "an instance behaves differently when each call passes another object w"
                + "ith the same random numbers: element 1 of the observation of step 1 of"
                + " episode 1 is 0.8372975 in one and 0.7855996 in the other",
            () ->
                new Slide() {
                  private @Nullable RandomStream kept;

                  @Override
                  public void reset(RandomStream random, Observation out) {
                    kept = random;
                    super.reset(random, out);
                  }

                  @Override
                  public void step(Action action, Step out) {
                    super.step(action, out);
                    if (kept != null) {
                      draw = kept.nextFloat();
                    }
                    write(out.observation());
                  }
                }));
    all.add(
        new Broken(
            "knows its thread",
            Rule.ANY_THREAD,
            "an instance behaves differently on another thread: step 1 of episode 1"
                + ", action 2, threw java.lang.IllegalStateException: wrong thread",
            () ->
                new Slide() {
                  private final Thread own = Thread.currentThread();

                  @Override
                  public void step(Action action, Step out) {
                    if (!own.equals(Thread.currentThread())) {
                      throw new IllegalStateException("wrong thread");
                    }
                    super.step(action, out);
                  }
                }));
  }

  /// A walk that tires: rewards depend on steps taken, kept in a field of its own.
  private static class Tiring extends Slide {
    int tired;

    @Override
    public void reset(RandomStream random, Observation out) {
      tired = 0;
      super.reset(random, out);
    }

    @Override
    public void step(Action action, Step out) {
      super.step(action, out);
      tired++;
      out.reward(-tired);
    }

    @Override
    public void save(StateWriter to) {
      super.save(to);
      to.putInt(tired);
    }

    @Override
    public void load(StateReader from) {
      super.load(from);
      tired = from.getInt();
    }
  }

  private static void addStates(List<Broken> all) {
    all.add(
        new Broken(
            "forgets to reset a field",
            Rule.RESET_ANYTIME,
            "an instance that is reset after step 1 of another episode differs from"
                + " a new one: the reward of step 1 of episode 1 is -1.0 in one and -2.0 "
                + "in the other",
            () ->
                new Tiring() {
                  @Override
                  public void reset(RandomStream random, Observation out) {
                    int before = tired;
                    super.reset(random, out);
                    tired = before;
                  }
                }));
    all.add(
        new Broken(
            "does not save a field",
            Rule.SAVE_LOAD,
            "saved after reset of episode 1, an instance in the middle of another e"
                + "pisode does not go on as the saved one: the reward of step 1 of episod"
                + "e 1 is -1.0 in one and -2.0 in the other",
            () ->
                new Tiring() {
                  @Override
                  public void save(StateWriter to) {
                    to.putInt(position);
                    to.putFloat(draw);
                  }

                  @Override
                  public void load(StateReader from) {
                    position = from.getInt();
                    draw = from.getFloat();
                  }
                }));
    all.add(
        new Broken(
            "reads less than it saved",
            Rule.SAVE_LOAD,
            "saved after reset of episode 1, a new instance does not go on as the s"
                + "aved one: it threw java.lang.IllegalArgumentException: the saved state"
                + " holds 8 bytes, only 4 of them were read",
            () ->
                new Slide() {
                  @Override
                  public void load(StateReader from) {
                    position = from.getInt();
                  }
                }));
    all.add(
        new Broken(
            "reads more than it saved",
            Rule.SAVE_LOAD,
            "saved after reset of episode 1, a new instance does not go on as the s"
                + "aved one: it threw java.lang.IllegalArgumentException: the saved state"
                + " ends at byte 8, where a number of 8 bytes is needed",
            () ->
                new Slide() {
                  @Override
                  public void load(StateReader from) {
                    super.load(from);
                    position = (int) from.getLong();
                  }
                }));
    all.add(
        new Broken(
            "changes its state by saving",
            Rule.SAVE_LOAD,
            "saved after step 3 of episode 1, an instance does not go on as before:"
                + " saving twice gives different states",
            () ->
                new Tiring() {
                  @Override
                  public void save(StateWriter to) {
                    super.save(to);
                    tired = 0;
                  }
                }));
    all.add(
        new Broken(
            "loads only what was never reset",
            Rule.SAVE_LOAD,
            "saved after reset of episode 1, an instance in the middle of another e"
                + "pisode does not go on as the saved one: the reward of step 1 of episod"
                + "e 1 is -1.0 in one and -2.0 in the other",
            () ->
                new Tiring() {
                  @Override
                  public void load(StateReader from) {
                    int own = tired;
                    super.load(from);
                    tired = Math.max(own, tired);
                  }
                }));
  }

  private static void addPictures(List<Broken> all) {
    all.add(
        new Broken(
            "moves when drawn",
            Rule.RENDER,
            "drawing after reset of episode 1 changed the state that is saved",
            () ->
                new Tiring() {
                  @Override
                  public boolean render(Frame frame) {
                    tired++;
                    return super.render(frame);
                  }
                }));
    all.add(
        new Broken(
            "draws nothing and says it did",
            Rule.RENDER,
            "drawing after reset of episode 1 returned true but never set the size "
                + "of the frame",
            () ->
                new Slide() {
                  @Override
                  public boolean render(Frame frame) {
                    return true;
                  }
                }));
    all.add(
        new Broken(
            "draws and says it did not",
            Rule.RENDER,
            "drawing after reset of episode 1 returned false but changed the frame",
            () ->
                new Slide() {
                  @Override
                  public boolean render(Frame frame) {
                    return !super.render(frame);
                  }
                }));
    all.add(
        new Broken(
            "draws another picture each time",
            Rule.RENDER,
            "drawing twice after reset of episode 1 gave two pictures",
            () ->
                new Slide() {
                  private int color;

                  @Override
                  public boolean render(Frame frame) {
                    frame.resize(1, 1);
                    frame.fill(color++);
                    return true;
                  }
                }));
  }
}
