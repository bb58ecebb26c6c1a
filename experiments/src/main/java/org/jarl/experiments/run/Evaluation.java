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
public record Evaluation(long agentSteps, double[] returns) {

  /// Plays episodes.
  ///
  /// Each copy plays its share of the episodes and no more: the first to end anywhere would be the
  /// short ones, and their mean another number.
  ///
  /// @param environment used from its reset on; its copies share the episodes
  /// @param seed of the run: the episodes follow from it and from `agentSteps`
  /// @param stop asked before every step
  /// @return null when stopped
  public static @Nullable Evaluation play(
      Policy policy,
      VectorEnvironment environment,
      int episodes,
      long seed,
      long agentSteps,
      BooleanSupplier stop) {
    RandomStream stream = RandomStream.of(seed, "evaluation", agentSteps);
    StepBatch now = environment.reset(stream.nextLong());
    RandomStream random = RandomStream.of(stream.nextLong(), "policy");
    int count = environment.count();
    ActionBatch actions = new ActionBatch(environment.spec().actionSpace(), count);
    Shares shares = new Shares(count, episodes);
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
    return new Evaluation(agentSteps, shares.returns);
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
    private int left;

    Shares(int count, int episodes) {
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
        if (step.gameEnded(i)) {
          if (next[i] < end[i]) {
            returns[next[i]++] = running[i];
            left--;
          }
          running[i] = 0;
        }
      }
    }
  }
}
