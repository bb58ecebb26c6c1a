import org.jarl.env.*;

/** Six cells in a row: the agent begins in the first, and the last is the goal. */
public final class Corridor implements Environment {
  static final int CELLS = 6;

  private int cell;

  @Override
  public EnvironmentSpec spec() {
    return EnvironmentSpec.of(Space.Box.bounded(0, CELLS - 1, 1), new Space.Discrete(2))
        .withTimeLimit(50);
  }

  @Override
  public void reset(RandomStream random, Observation out) {
    cell = 0;
    out.set(0, cell);
  }

  @Override
  public void step(Action action, Step out) {
    cell = Math.max(0, cell + (action.index() == 1 ? 1 : -1));
    out.observation().set(0, cell);
    if (cell == CELLS - 1) {
      out.terminate(1);
    } else {
      out.reward(-0.01f);
    }
  }

  @Override
  public void save(StateWriter to) {
    to.putInt(cell);
  }

  @Override
  public void load(StateReader from) {
    cell = from.getInt();
  }
}
