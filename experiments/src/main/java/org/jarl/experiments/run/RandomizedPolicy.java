package org.jarl.experiments.run;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jarl.agents.Explainer;
import org.jarl.agents.Policy;
import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.RandomStream;
import org.jarl.env.Space;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.experiments.base.UserErrorException;
import org.jspecify.annotations.Nullable;

/// A policy whose actions give way to random ones now and then, as Mnih et al. (2015) evaluate: a
/// simulator in which the same actions always lead to the same end would measure one episode.
///
/// For each copy one number decides, and each choice of a random action is drawn uniformly, among
/// the legal ones where some are not.
public final class RandomizedPolicy implements Policy {
  private final Policy policy;
  private final float epsilon;
  private final int[] options;

  private RandomizedPolicy(Policy policy, float epsilon, int[] options) {
    this.policy = policy;
    this.epsilon = epsilon;
    this.options = options;
  }

  /// Fails where there is an epsilon and no random action.
  ///
  /// @throws UserErrorException if actions are numbers, which have no uniform distribution
  static void check(float epsilon, EnvironmentSpec spec) {
    if (epsilon > 0 && spec.actionSpace() instanceof Space.Box box) {
      throw new UserErrorException(
          "evaluation.epsilon must be 0 where actions are numbers, got "
              + epsilon
              + " and actions "
              + box);
    }
  }

  /// The policy itself for an epsilon of 0; draws nothing then.
  ///
  /// @param epsilon probability of a random action
  /// @throws UserErrorException as [#check]
  public static Policy of(Policy policy, float epsilon, EnvironmentSpec spec) {
    check(epsilon, spec);
    if (epsilon == 0) {
      return policy;
    }
    return switch (spec.actionSpace()) {
      case Space.Discrete(int n) -> new RandomizedPolicy(policy, epsilon, new int[] {n});
      case Space.MultiDiscrete(List<Integer> sizes) ->
          new RandomizedPolicy(
              policy, epsilon, sizes.stream().mapToInt(Integer::intValue).toArray());
      case Space.Box _ -> throw new IllegalStateException("check lets none through");
    };
  }

  @Override
  public void act(
      MemorySegment observations, boolean[] legalActions, RandomStream random, ActionBatch out) {
    policy.act(observations, legalActions, random, out);
    int[] indices = out.indices();
    for (int copy = 0; copy < out.count(); copy++) {
      if (random.nextFloat() < epsilon) {
        for (int i = 0; i < options.length; i++) {
          indices[copy * options.length + i] = choice(copy, options[i], legalActions, random);
        }
      }
    }
  }

  /// @param legal `[N, A]`, or empty when all are
  private static int choice(int copy, int options, boolean[] legal, RandomStream random) {
    if (legal.length == 0) {
      return random.nextInt(options);
    }
    int count = 0;
    for (int a = 0; a < options; a++) {
      count += legal[copy * options + a] ? 1 : 0;
    }
    int left = random.nextInt(count);
    int action = 0;
    while (!legal[copy * options + action] || left-- > 0) {
      action++;
    }
    return action;
  }

  @Override
  public void begin(int copy) {
    policy.begin(copy);
  }

  @Override
  public boolean remembers() {
    return policy.remembers();
  }

  @Override
  public @Nullable Explainer explainer() {
    return policy.explainer();
  }

  @Override
  public void save(StateWriter to) {
    policy.save(to);
  }

  @Override
  public void load(StateReader from) {
    policy.load(from);
  }

  @Override
  public void close() {
    policy.close();
  }
}
