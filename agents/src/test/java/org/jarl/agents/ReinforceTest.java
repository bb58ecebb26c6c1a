package org.jarl.agents;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReinforceTest extends PolicyGradientTest {
  @Override
  String name() {
    return "reinforce";
  }

  @Override
  AgentConfig config(Settings settings) {
    return settings.reinforce();
  }

  @Override
  boolean remembers() {
    return false;
  }

  @Override
  ActorCriticLearner learner(Agent agent) {
    return ((Reinforce) agent).learner;
  }

  /// At such steps with none, some or nearly enough episodes waiting, and both copies in the middle
  /// of the next one.
  @ParameterizedTest
  @ValueSource(longs = {14, 32, 44, 62, 74, 90})
  void episodesThatAreHalfPlayedGoOnToo(long stop) {
    for (Case some : cases().toList()) {
      assertGoesOn(some, stop, 400);
    }
  }

  @Test
  void aConfigCannotExistWhenWrong() {
    assertRefused(
        "Reinforce.Config.episodes must be at least 1, got 0", () -> with(s -> s.episodes = 0));
    assertRefused(
        "Reinforce.Config.policy must be without a memory, which a2c and ppo can have, got"
            + " Lstm[units=8]",
        () -> with(s -> s.memory = Settings.LSTM));
  }
}
