package org.jarl.env.wrappers;

import java.util.Arrays;
import org.jarl.env.ActionBatch;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;

/// Counts returns and lengths of whole games, from scores; passes everything on unchanged. Where
/// the loss of a life ends an episode for the learner, the game's return goes on. Allocates nothing
/// per step. Not thread-safe.
public final class EpisodeStatistics extends VectorWrapper {
  private static final int RECENT = 100;

  /// Running sums of the present episodes, `[N]`.
  private final double[] returns;

  private final int[] lengths;

  /// The latest finished episode of each copy, `[N]`.
  private final double[] lastReturns;

  private final int[] lastLengths;

  /// A ring of the latest finished episodes of all copies; episode `e` lies at `e % RECENT`.
  private final double[] recentReturns = new double[RECENT];

  private final int[] recentLengths = new int[RECENT];
  private long episodes;

  /// Watches an environment.
  public EpisodeStatistics(VectorEnvironment inner) {
    super(inner);
    returns = new double[inner.count()];
    lengths = new int[inner.count()];
    lastReturns = new double[inner.count()];
    lastLengths = new int[inner.count()];
  }

  /// Forgets the unfinished episodes; finished ones stay counted.
  @Override
  public StepBatch reset(long seed) {
    Arrays.fill(returns, 0);
    Arrays.fill(lengths, 0);
    return inner().reset(seed);
  }

  @Override
  public StepBatch step(ActionBatch actions) {
    StepBatch batch = inner().step(actions);
    for (int i = 0; i < returns.length; i++) {
      returns[i] += batch.scores()[i];
      lengths[i]++;
      if (batch.gameEnded(i)) {
        finish(i);
      }
    }
    return batch;
  }

  private void finish(int copy) {
    lastReturns[copy] = returns[copy];
    lastLengths[copy] = lengths[copy];
    int slot = (int) (episodes % RECENT);
    recentReturns[slot] = returns[copy];
    recentLengths[slot] = lengths[copy];
    episodes++;
    returns[copy] = 0;
    lengths[copy] = 0;
  }

  /// Finished episodes of all copies.
  public long episodes() {
    return episodes;
  }

  /// Sum of scores of the latest finished episode of a copy; read it when a step ended one. 0
  /// before the first.
  public double lastReturn(int copy) {
    return lastReturns[copy];
  }

  /// Steps of the latest finished episode of a copy; 0 before the first.
  public int lastLength(int copy) {
    return lastLengths[copy];
  }

  /// Episodes that [#meanReturn] and [#meanLength] average: the finished ones, at most 100.
  public int recentEpisodes() {
    return (int) Math.min(episodes, RECENT);
  }

  /// Mean return of the latest episodes, at most 100; NaN before the first.
  public double meanReturn() {
    double sum = 0;
    for (int i = 0; i < recentEpisodes(); i++) {
      sum += recentReturns[i];
    }
    return sum / recentEpisodes();
  }

  /// Mean steps of the latest episodes, at most 100; NaN before the first.
  public double meanLength() {
    double sum = 0;
    for (int i = 0; i < recentEpisodes(); i++) {
      sum += recentLengths[i];
    }
    return sum / recentEpisodes();
  }

  @Override
  public void save(StateWriter to) {
    super.save(to);
    to.section("episodes");
    to.putLong(episodes);
    to.putDoubles(returns);
    to.putInts(lengths);
    to.putDoubles(lastReturns);
    to.putInts(lastLengths);
    to.putDoubles(recentReturns);
    to.putInts(recentLengths);
  }

  @Override
  public void load(StateReader from) {
    super.load(from);
    from.section("episodes");
    episodes = from.getLong();
    from.getDoubles(returns);
    from.getInts(lengths);
    from.getDoubles(lastReturns);
    from.getInts(lastLengths);
    from.getDoubles(recentReturns);
    from.getInts(recentLengths);
  }
}
