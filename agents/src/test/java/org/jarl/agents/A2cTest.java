package org.jarl.agents;

import org.junit.jupiter.api.Test;

class A2cTest extends PolicyGradientTest {
  @Override
  String name() {
    return "a2c";
  }

  @Override
  AgentConfig config(Settings settings) {
    return settings.a2c();
  }

  @Override
  boolean remembers() {
    return true;
  }

  @Override
  ActorCriticLearner learner(Agent agent) {
    return ((A2c) agent).learner;
  }

  @Test
  void aConfigCannotExistWhenWrong() {
    assertRefused(
        "A2c.Config.lambda must be between 0 and 1, got 2.0", () -> with(s -> s.lambda = 2));
    assertRefused("A2c.Config.horizon must be at least 1, got 0", () -> with(s -> s.horizon = 0));
    assertRefused(
        "A2c.Config.horizon must be so great that a rollout has 2 steps at least, where"
            + " normalizeAdvantages is true, got 1",
        () -> with(s -> s.horizon = 1).check(1));
    with(s -> s.horizon = 1).check(2);
  }
}
