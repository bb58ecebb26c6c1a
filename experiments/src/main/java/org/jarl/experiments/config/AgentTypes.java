package org.jarl.experiments.config;

import java.util.Map;
import org.jarl.agents.A2c;
import org.jarl.agents.AgentConfig;
import org.jarl.agents.Dqn;
import org.jarl.agents.Ppo;
import org.jarl.agents.Reinforce;

/// The algorithms, by the name that `agent.type` gives them. A new one is a new line here.
public final class AgentTypes {
  private static final Map<String, Class<? extends AgentConfig>> ALL =
      Map.of(
          "a2c", A2c.Config.class,
          "dqn", Dqn.Config.class,
          "ppo", Ppo.Config.class,
          "reinforce", Reinforce.Config.class);

  private AgentTypes() {}

  /// Records of settings by name.
  public static Map<String, Class<? extends AgentConfig>> all() {
    return ALL;
  }
}
