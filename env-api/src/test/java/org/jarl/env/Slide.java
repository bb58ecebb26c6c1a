package org.jarl.env;

/// A slippery walk on seven fields that keeps every rule: the base of the broken environments in
/// the tests. Observation: position and latest draw; the walk ends at both ends.
public class Slide implements Environment {
  public static final Space.Box SPACE = Space.Box.bounded(new float[] {0, 0}, new float[] {6, 1});

  protected int position;
  protected float draw;

  @Override
  public EnvironmentSpec spec() {
    return EnvironmentSpec.of(SPACE, new Space.Discrete(3)).withTimeLimit(40).withActionMask();
  }

  @Override
  public void reset(RandomStream random, Observation out) {
    position = 2 + random.nextInt(3);
    draw = random.nextFloat();
    write(out);
  }

  protected void write(Observation out) {
    out.set(0, position);
    out.set(1, draw);
  }

  @Override
  public void step(Action action, Step out) {
    draw = out.random().nextFloat();
    position += draw < 0.2f ? 0 : action.index() - 1;
    write(out.observation());
    legalActions(out.legalActions());
    if (position == 0 || position == 6) {
      out.terminate(position / 6f);
    } else {
      out.reward(-0.1f);
    }
  }

  @Override
  public void legalActions(boolean[] legal) {
    // Standing still in the middle is forbidden.
    legal[1] = position != 3;
  }

  @Override
  public boolean render(Frame frame) {
    frame.resize(14, 2);
    frame.fill(0x101010);
    frame.fillRectangle(2 * position, 0, 2, 2, 0xff8000);
    return true;
  }

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
}
