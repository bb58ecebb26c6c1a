package org.jarl.env.gridworld;

import java.util.List;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.RandomStream;

/// The rules of one grid world: functions of a state that fits an int, so that one copy
/// ([GridEnvironment]) and many ([GridBatch]) run the very same code, and a test can walk through
/// all states. A world holds nothing that changes.
abstract class World {
  private final Grid grid;
  private final List<Tile> planes;
  private final List<Outcome> outcomes;
  private final float[] rewards;
  private final boolean[] ends;

  /// What a step can come to.
  ///
  /// @param name as in the documentation
  /// @param reward of the step
  /// @param ends whether the task is over
  record Outcome(String name, float reward, boolean ends) {}

  /// @param grid what never changes
  /// @param planes what an observation shows, one plane each; also drawn, the first on top
  /// @param outcomes what [#step] can come to, by number
  World(Grid grid, List<Tile> planes, List<Outcome> outcomes) {
    this.grid = grid;
    this.planes = planes;
    this.outcomes = outcomes;
    rewards = new float[outcomes.size()];
    ends = new boolean[outcomes.size()];
    for (int i = 0; i < rewards.length; i++) {
      rewards[i] = outcomes.get(i).reward();
      ends[i] = outcomes.get(i).ends();
    }
  }

  /// Number of actions.
  abstract int actions();

  /// Steps after which an episode is cut; 0 for none.
  abstract int timeLimit();

  /// The state of a new episode.
  abstract int start(RandomStream random);

  /// One step, as [#result] packs it.
  abstract long step(int state, int action, RandomStream random);

  /// Puts what a step can change, as far as it is seen: different states may have equal marks, and
  /// then look alike to a learner. No mark may lie on one of the grid or of [#furnish].
  abstract void show(int state, Planes out);

  /// Puts what is fixed for an episode but not by the grid.
  void furnish(int state, Planes out) {}

  /// Whether some actions are illegal in some states; see [#legalActions].
  boolean masksActions() {
    return false;
  }

  /// Which actions may be taken: bit `a` for action `a`.
  int legalActions(int state) {
    return -1;
  }

  /// Mean return at which the task counts as solved; NaN when undefined.
  double rewardThreshold() {
    return Double.NaN;
  }

  /// What bare cells look like.
  Tile floor() {
    return Tile.FLOOR;
  }

  final Grid grid() {
    return grid;
  }

  final List<Tile> planes() {
    return planes;
  }

  final List<Outcome> outcomes() {
    return outcomes;
  }

  /// What a learner sees of this world.
  final EnvironmentSpec spec(Planes.Form form) {
    var spec =
        EnvironmentSpec.of(form.space(this), new org.jarl.env.Space.Discrete(actions()))
            .withTimeLimit(timeLimit())
            .withRewardThreshold(rewardThreshold());
    return masksActions() ? spec.withActionMask() : spec;
  }

  /// Packs a next state and the number of an outcome.
  static long result(int nextState, int outcome) {
    return (long) outcome << 32 | nextState & 0xffffffffL;
  }

  /// The next state of a [#result].
  static int state(long result) {
    return (int) result;
  }

  /// The reward of a [#result].
  final float reward(long result) {
    return rewards[(int) (result >> 32)];
  }

  /// Whether the task is over after a [#result].
  final boolean ends(long result) {
    return ends[(int) (result >> 32)];
  }
}
