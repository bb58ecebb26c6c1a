package org.jarl.experiments.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.jarl.experiments.environment.EnvironmentRegistry;
import org.jarl.nn.Engines;
import org.jarl.nn.Precision;
import org.junit.jupiter.api.Test;

public class DeviceTest {
  public static Device chosen(String file, String... overrides) {
    Experiment experiment =
        new ExperimentFile(AgentTypes.all(), EnvironmentRegistry.discover(null))
            .read(java.nio.file.Path.of("configs", file), List.of(overrides))
            .experiment();
    return Device.choose(experiment.device(), experiment.precision(), experiment.agent(), 3);
  }

  @Test
  void autoTakesTheProcessorForNetworksWithoutConvolutions() {
    String reason = " (auto: small networks are quickest there)";
    assertEquals(new Device("cpu", Precision.AUTO, 3, reason), chosen("cartpole-dqn.yaml"));
    assertEquals(new Device("cpu", Precision.AUTO, 3, reason), chosen("cartpole-ppo.yaml"));
  }

  @Test
  void autoTakesTheGpuForNetworksWithConvolutionsAndSaysWhyItCannot() {
    String device =
        Engines.problem("cuda")
            .map(problem -> "cpu (auto: " + problem + ")")
            .orElse("cuda (auto: the network has convolutions)");
    for (String file : List.of("atari-wallball-dqn-quick.yaml", "atari-wallball-ppo-quick.yaml")) {
      Device chosen = chosen(file);
      assertEquals(device, chosen.name() + chosen.reason());
    }
  }

  @Test
  void whatIsAskedForIsTaken() {
    assertEquals(
        new Device("cuda", Precision.BF16, 3, ""),
        chosen("cartpole-dqn.yaml", "device=cuda", "precision=bf16"));
  }
}
