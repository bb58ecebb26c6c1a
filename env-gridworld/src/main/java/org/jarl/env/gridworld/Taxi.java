package org.jarl.env.gridworld;

import java.util.List;
import org.jarl.env.RandomStream;

/// Fetch a passenger at one of four stands and drive them to another: `gridworld/taxi-v0`, Dietterich
/// (2000), "Hierarchical reinforcement learning with the MAXQ value function decomposition"; map,
/// rewards and legal actions of Gymnasium's `Taxi-v3`.
///
///     state: | destination, 2 bits | passenger, 3 bits: stand, or 4 in the taxi | taxi, 5 bits |
final class Taxi extends World {
  private static final int PICK_UP = 4;
  private static final int DROP_OFF = 5;
  private static final int RIDING = 4;
  private static final int DRIVE = 0;
  private static final int DELIVER = 1;
  private static final int REFUSE = 2;

  /// Red, green, yellow, blue in the original.
  private final int[] stands = grid().cells(Tile.STAND);

  /// The directions in which each cell can be left, as bits.
  private final int[] moves = new int[25];

  private final boolean mask;

  /// @param mask whether useless actions are illegal instead of costly
  Taxi(boolean mask) {
    super(
        new Grid("S...S", ".....", ".....", ".....", "S..S."),
        List.of(Tile.RIDER, Tile.TAXI, Tile.PASSENGER, Tile.DESTINATION),
        List.of(
            new Outcome("step", -1, false),
            new Outcome("delivery", 20, true),
            new Outcome("wrong pick-up or drop-off", -10, false)));
    this.mask = mask;
    grid().fence(0, 1);
    grid().fence(1, 1);
    grid().fence(3, 0);
    grid().fence(3, 2);
    grid().fence(4, 0);
    grid().fence(4, 2);
    for (int i = 0; i < 4 * moves.length; i++) {
      moves[i / 4] |= grid().move(i / 4, i % 4) != i / 4 ? 1 << i % 4 : 0;
    }
  }

  @Override
  int actions() {
    return 6;
  }

  @Override
  int timeLimit() {
    return 200;
  }

  @Override
  boolean masksActions() {
    return mask;
  }

  @Override
  int start(RandomStream random) {
    int taxi = random.nextInt(25);
    int passenger = random.nextInt(4);
    int destination = random.nextInt(3);
    return pack(taxi, passenger, destination < passenger ? destination : destination + 1);
  }

  private static int pack(int taxi, int passenger, int destination) {
    return destination << 8 | passenger << 5 | taxi;
  }

  @Override
  long step(int state, int action, RandomStream random) {
    int taxi = state & 31;
    int passenger = state >> 5 & 7;
    int destination = state >> 8;
    if (action == PICK_UP) {
      boolean waiting = passenger < RIDING && stands[passenger] == taxi;
      return waiting ? result(pack(taxi, RIDING, destination), DRIVE) : result(state, REFUSE);
    }
    if (action == DROP_OFF) {
      int stand = standAt(taxi);
      if (passenger != RIDING || stand < 0) {
        return result(state, REFUSE);
      }
      return result(pack(taxi, stand, destination), stand == destination ? DELIVER : DRIVE);
    }
    return result(pack(grid().move(taxi, action), passenger, destination), DRIVE);
  }

  private int standAt(int cell) {
    for (int stand = 0; stand < 4; stand++) {
      if (stands[stand] == cell) {
        return stand;
      }
    }
    return -1;
  }

  @Override
  int legalActions(int state) {
    int taxi = state & 31;
    int passenger = state >> 5 & 7;
    if (passenger == RIDING) {
      return moves[taxi] | (standAt(taxi) >= 0 ? 1 << DROP_OFF : 0);
    }
    return moves[taxi] | (stands[passenger] == taxi ? 1 << PICK_UP : 0);
  }

  @Override
  void show(int state, Planes out) {
    int taxi = state & 31;
    int passenger = state >> 5 & 7;
    out.put(1, taxi);
    if (passenger == RIDING) {
      out.put(0, taxi);
    } else {
      out.put(2, stands[passenger]);
    }
  }

  @Override
  void furnish(int state, Planes out) {
    out.put(3, stands[state >> 8]);
  }

  @Override
  Tile floor() {
    return Tile.ROAD;
  }
}
