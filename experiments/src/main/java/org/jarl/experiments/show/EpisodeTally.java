package org.jarl.experiments.show;

import org.jarl.env.Checkpointable;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.show.Scene;

/// How the episodes of one copy stand, for people. Allocates nothing per step.
public final class EpisodeTally implements Checkpointable {
  /// Rings: number `n` lies at `n` modulo the length.
  private final float[] rewards = new float[Scene.RECENT_REWARDS];

  private final double[] returns = new double[Scene.RECENT_RETURNS];
  private long seed;
  private long sessionSteps;
  private long episode;
  private long step;
  private long finished;
  private float reward;
  private double episodeReturn;
  private double sumOfReturns;
  private double best = Double.NEGATIVE_INFINITY;

  /// A new episode begins.
  void begin(long ofSeed) {
    seed = ofSeed;
    episode++;
    step = 0;
    reward = 0;
    episodeReturn = 0;
  }

  /// A step was taken.
  ///
  /// @param score what it counts in the return
  void add(float newReward, float score) {
    rewards[(int) (step % rewards.length)] = newReward;
    reward = newReward;
    episodeReturn += score;
    step++;
    sessionSteps++;
  }

  /// The whole game has ended with the last step.
  void end() {
    returns[(int) (finished % returns.length)] = episodeReturn;
    sumOfReturns += episodeReturn;
    best = Math.max(best, episodeReturn);
    finished++;
  }

  /// Seed of the present episode.
  long seed() {
    return seed;
  }

  /// Steps of all episodes.
  long sessionSteps() {
    return sessionSteps;
  }

  /// Games that have ended.
  public long finished() {
    return finished;
  }

  /// Mean return of all games that have ended; NaN before the first.
  public double meanReturn() {
    return sumOfReturns / finished;
  }

  /// The largest return of a game.
  public double bestReturn() {
    return best;
  }

  /// Writes what is known into a scene.
  void writeTo(Scene scene) {
    scene.seed = seed;
    scene.episode = episode;
    scene.step = step;
    scene.reward = reward;
    scene.episodeReturn = episodeReturn;
    scene.rewardCount = (int) Math.min(step, rewards.length);
    for (int i = 0; i < scene.rewardCount; i++) {
      scene.rewards[i] = rewards[(int) ((step - scene.rewardCount + i) % rewards.length)];
    }
    scene.returnCount = (int) Math.min(finished, returns.length);
    for (int i = 0; i < scene.returnCount; i++) {
      scene.returns[i] = returns[(int) ((finished - scene.returnCount + i) % returns.length)];
    }
  }

  @Override
  public void save(StateWriter to) {
    to.section("tally");
    to.putLong(seed);
    to.putLong(sessionSteps);
    to.putLong(episode);
    to.putLong(step);
    to.putLong(finished);
    to.putFloat(reward);
    to.putDouble(episodeReturn);
    to.putDouble(sumOfReturns);
    to.putDouble(best);
    to.putFloats(rewards);
    to.putDoubles(returns);
  }

  @Override
  public void load(StateReader from) {
    from.section("tally");
    seed = from.getLong();
    sessionSteps = from.getLong();
    episode = from.getLong();
    step = from.getLong();
    finished = from.getLong();
    reward = from.getFloat();
    episodeReturn = from.getDouble();
    sumOfReturns = from.getDouble();
    best = from.getDouble();
    from.getFloats(rewards);
    from.getDoubles(returns);
  }
}
