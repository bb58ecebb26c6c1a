package org.jarl.experiments.run;

import java.util.function.BooleanSupplier;
import org.jarl.agents.Policy;
import org.jarl.env.ActionBatch;
import org.jarl.env.RandomStream;
import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;
import org.jspecify.annotations.Nullable;

/// How well a policy plays: the returns of whole episodes.
///
/// @param agentSteps what the policy had learned from
/// @param returns undiscounted sums of scores, one per whole game, copy by copy
/// @param cut episodes that were cut after the most steps an episode may have
public record Evaluation(long agentSteps, double[] returns, int cut) {
  /// What is played.
  ///
  /// @param maxEpisodeSteps after which an episode is cut; what it has gathered is its return, and
  ///   the copy plays on
  /// @param seed of the run: the episodes follow from it and from `agentSteps`
  /// @param agentSteps what the policy has learned from
  public record Plan(int episodes, int maxEpisodeSteps, long seed, long agentSteps) {}

  /// Plays episodes.
  ///
  /// Each copy plays its share of the episodes and no more: the first to end anywhere would be the
  /// short ones, and their mean another number.
  ///
  /// @param environment used from its reset on; its copies share the episodes
  /// @param stop asked before every step
  /// @return null when stopped
  public static @Nullable Evaluation play(
      Policy policy, VectorEnvironment environment, Plan plan, BooleanSupplier stop) {
    RandomStream stream = RandomStream.of(plan.seed, "evaluation", plan.agentSteps);
    StepBatch now = environment.reset(stream.nextLong());
    RandomStream random = RandomStream.of(stream.nextLong(), "policy");
    int count = environment.count();
    ActionBatch actions = new ActionBatch(environment.spec().actionSpace(), count);
    Shares shares = new Shares(count, plan);
    for (int copy = 0; copy < count; copy++) {
      policy.begin(copy);
    }
    while (!shares.complete()) {
      if (stop.getAsBoolean()) {
        return null;
      }
      policy.act(now.observations(), now.legalActions(), random, actions);
      now = environment.step(actions);
      shares.add(now);
      for (int copy = 0; copy < count; copy++) {
        if (now.ended(copy)) {
          policy.begin(copy);
        }
      }
    }
    return new Evaluation(plan.agentSteps, shares.returns, shares.cut);
  }

  /// Arithmetic mean of the returns.
  public double mean() {
    return ReturnStatistics.mean(returns);
  }

  /// Standard deviation of the returns.
  public double std() {
    return ReturnStatistics.std(returns);
  }

  /// Mean of the middle half of the returns.
  public double iqm() {
    return ReturnStatistics.iqm(returns);
  }

  /// Who plays which episode: the first copies play one more where the division leaves a rest.
  private static final class Shares {
    private final double[] returns;
    private final double[] running;
    private final int[] next;
    private final int[] end;
    private final int[] steps;
    private final int most;
    private int left;
    private int cut;

    Shares(int count, Plan plan) {
      int episodes = plan.episodes;
      most = plan.maxEpisodeSteps;
      steps = new int[count];
      returns = new double[episodes];
      running = new double[count];
      next = new int[count];
      end = new int[count];
      left = episodes;
      int at = 0;
      for (int i = 0; i < count; i++) {
        next[i] = at;
        at += episodes / count + (i < episodes % count ? 1 : 0);
        end[i] = at;
      }
    }

    boolean complete() {
      return left == 0;
    }

    void add(StepBatch step) {
      for (int i = 0; i < running.length; i++) {
        running[i] += step.scores()[i];
        boolean ended = step.gameEnded(i);
        if (ended || ++steps[i] >= most) {
          if (next[i] < end[i]) {
            returns[next[i]++] = running[i];
            left--;
            cut += ended ? 0 : 1;
          }
          running[i] = 0;
          steps[i] = 0;
        }
      }
    }
  }
}
