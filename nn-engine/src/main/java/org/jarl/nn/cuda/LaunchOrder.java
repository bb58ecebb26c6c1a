package org.jarl.nn.cuda;

import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUevent;
import jcuda.driver.CUstream;

/// Launches in the order of levels. Those of one level are chains that depend on each other in no
/// way: they go side by side, and the next level waits for all of them.
final class LaunchOrder {
  private static final int SIDE_BY_SIDE = 4;

  private final String name;
  private final List<List<List<Launch>>> levels = new ArrayList<>();
  private int effects = -1;

  LaunchOrder(String name) {
    this.name = name;
  }

  String name() {
    return name;
  }

  /// Adds a level.
  void add(List<List<Launch>> chains) {
    List<List<Launch>> some = chains.stream().filter(chain -> !chain.isEmpty()).toList();
    if (!some.isEmpty()) {
      levels.add(some);
    }
  }

  /// Brings all kernels to the device.
  void load(Driver driver) {
    levels.stream()
        .flatMap(List::stream)
        .flatMap(List::stream)
        .map(Launch::kernel)
        .distinct()
        .forEach(driver::load);
  }

  /// Says that the levels that come change variables.
  void beginEffects() {
    effects = levels.size();
  }

  /// Launches what comes before the effects.
  void launchTensors(Streams streams) {
    levels.subList(0, effects).forEach(level -> launch(level, streams));
  }

  /// Launches the effects.
  void launchEffects(Streams streams) {
    levels.subList(effects, levels.size()).forEach(level -> launch(level, streams));
  }

  /// The stream of a program's work, and others that go beside it for the length of a level.
  static final class Streams implements AutoCloseable {
    private final Driver driver;
    private final CUstream main;
    private final List<CUstream> side = new ArrayList<>();
    private final List<CUevent> joins = new ArrayList<>();
    private final CUevent fork;

    Streams(Driver driver) {
      this.driver = driver;
      this.main = driver.stream();
      this.fork = driver.event();
      for (int i = 1; i < SIDE_BY_SIDE; i++) {
        side.add(driver.stream());
        joins.add(driver.event());
      }
    }

    CUstream main() {
      return main;
    }

    @Override
    public void close() {
      joins.forEach(driver::destroy);
      driver.destroy(fork);
      side.forEach(driver::destroy);
      driver.destroy(main);
    }
  }

  private static void launch(List<List<Launch>> level, Streams streams) {
    Driver driver = streams.driver;
    int others = Math.min(SIDE_BY_SIDE, level.size()) - 1;
    if (others > 0) {
      driver.record(streams.fork, streams.main);
    }
    for (int i = 0; i < others; i++) {
      driver.await(streams.side.get(i), streams.fork);
    }
    for (int i = 0; i < level.size(); i++) {
      int turn = i % SIDE_BY_SIDE;
      CUstream stream = turn == 0 ? streams.main : streams.side.get(turn - 1);
      level.get(i).forEach(launch -> driver.launch(launch, stream));
    }
    for (int i = 0; i < others; i++) {
      driver.record(streams.joins.get(i), streams.side.get(i));
      driver.await(streams.main, streams.joins.get(i));
    }
  }

  /// Number of launches in all.
  int size() {
    return levels.stream().flatMap(List::stream).mapToInt(List::size).sum();
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("program ").append(name).append('\n');
    for (List<List<Launch>> level : levels) {
      level.forEach(
          chain -> chain.forEach(launch -> text.append("  ").append(launch).append('\n')));
      text.append("  --\n");
    }
    return text.toString();
  }
}
