package org.jarl.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class RunTableTest {
  @Test
  void rateAndHashAreReadFromTheSummary() {
    var outcome =
        RunTable.Outcome.parse(
            """
            {
              "agentSteps" : 500000,
              "agentStepsPerSecond" : 131072.5,
              "stateHash" : "0123abcd"
            }
            """);
    assertEquals(new RunTable.Outcome(131_072.5, "0123abcd"), outcome);
  }

  @Test
  void aSummaryWithoutTheRateIsRefused() {
    var e = assertThrows(IllegalStateException.class, () -> RunTable.Outcome.parse("{}"));
    assertTrue(String.valueOf(e.getMessage()).contains("agentStepsPerSecond"));
  }

  @Test
  void everyExperimentIsThere() {
    for (RunTable.Case run : RunTable.cases()) {
      Path config = Path.of("../experiments/configs", run.config());
      assertTrue(Files.isRegularFile(config), config + " must exist");
    }
  }
}
