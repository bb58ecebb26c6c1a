package org.jarl.env.check;

import java.util.Arrays;
import java.util.List;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.EnvironmentSpec.Padding;
import org.jarl.env.EnvironmentSpec.Stacking;
import org.jarl.env.Observation;
import org.jarl.env.RandomStream;
import org.jarl.env.Slide;
import org.jarl.env.Space;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.check.BrokenEnvironments.Broken;
import org.jarl.env.check.EnvironmentChecker.Rule;

/// A [Slide] that shows its last three frames and keeps every rule, and some that do not.
public class StackedSlide extends Slide {
  private static final Space.Box STACKS =
      Space.Box.bounded(Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, 3, 2);

  final Padding padding;
  final float[] stack = new float[6];

  public StackedSlide(Padding padding) {
    this.padding = padding;
  }

  @Override
  public EnvironmentSpec spec() {
    return super.spec().withStacking(STACKS, new Stacking(3, padding));
  }

  @Override
  public void reset(RandomStream random, Observation out) {
    position = 2 + random.nextInt(3);
    draw = random.nextFloat();
    restart();
    show(out);
  }

  /// Forgets the episode before.
  protected void restart() {
    Arrays.fill(stack, 0);
    push();
    if (padding == Padding.FIRST) {
      push();
      push();
    }
  }

  /// Moves all up by one.
  protected void push() {
    System.arraycopy(stack, 2, stack, 0, 4);
    stack[4] = position;
    stack[5] = draw;
  }

  @Override
  protected void write(Observation out) {
    push();
    show(out);
  }

  private void show(Observation out) {
    for (int i = 0; i < stack.length; i++) {
      out.set(i, stack[i]);
    }
  }

  @Override
  public void save(StateWriter to) {
    super.save(to);
    to.putFloats(stack);
  }

  @Override
  public void load(StateReader from) {
    super.load(from);
    from.getFloats(stack);
  }

  static void addBroken(List<Broken> all) {
    all.add(
        new Broken(
            "stacks that keep their oldest frame",
            Rule.STACKING,
            "frame 0 of 3 of the observation of step 2 of episode 1 is not frame 1 of the one"
                + " before it",
            () ->
                new StackedSlide(Padding.ZEROS) {
                  @Override
                  protected void push() {
                    System.arraycopy(stack, 4, stack, 2, 2);
                    stack[4] = position;
                    stack[5] = draw;
                  }
                }));
    all.add(
        new Broken(
            "stacks that reach into the episode before",
            Rule.STACKING,
            "frame 0 of 3 of the observation of reset of episode 2 is not zeros, which stand for"
                + " what was before the episode",
            () ->
                new StackedSlide(Padding.ZEROS) {
                  private int episode;

                  @Override
                  protected void restart() {
                    if (episode++ == 0) {
                      super.restart();
                    } else {
                      push();
                    }
                  }
                }));
    all.add(
        new Broken(
            "stacks that begin with zeros and say they do not",
            Rule.STACKING,
            "frame 0 of 3 of the observation of reset of episode 1 is not the newest, which stands"
                + " for what was before the episode",
            () ->
                new StackedSlide(Padding.FIRST) {
                  @Override
                  protected void restart() {
                    Arrays.fill(stack, 0);
                    push();
                  }
                }));
    all.add(
        new Broken(
            "a final observation that is no stack",
            Rule.STACKING,
            "frame 0 of 3 of the observation of step ...",
            () ->
                new StackedSlide(Padding.ZEROS) {
                  @Override
                  protected void push() {
                    super.push();
                    if (position == 0 || position == 6) {
                      Arrays.fill(stack, 0, 4, 9);
                    }
                  }
                }));
  }
}
