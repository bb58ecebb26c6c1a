package org.jarl.experiments.run;

import java.nio.file.Path;
import org.jarl.experiments.base.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// The result of a finished run: `summary.json`, whose names and order scripts rely on.
///
/// @param agentSteps environment steps as the agent counts them
/// @param frames frames of the simulator: `agentSteps` times the frame skip
/// @param updates optimizer steps
/// @param wallSeconds time in the training loop alone, all processes of the run added up
/// @param returnMean100 mean return of the last 100 training episodes; NaN when none has ended
/// @param evaluation of the final policy; null when it is turned off
public record Summary(
    String environment,
    String agent,
    long seed,
    long agentSteps,
    long frames,
    long episodes,
    long updates,
    double wallSeconds,
    double returnMean100,
    @Nullable Evaluation evaluation,
    String device,
    int threads,
    String stateHash) {

  /// Agent steps per second of the training loop.
  public double agentStepsPerSecond() {
    return wallSeconds > 0 ? agentSteps / wallSeconds : 0;
  }

  /// Writes the file, whole or not at all.
  void write(Path file) {
    ObjectNode out = Json.object();
    out.put("environment", environment).put("agent", agent).put("seed", seed);
    out.put("agentSteps", agentSteps).put("frames", frames);
    out.put("episodes", episodes).put("updates", updates);
    out.put("wallSeconds", round(wallSeconds, 1000));
    out.put("agentStepsPerSecond", round(agentStepsPerSecond(), 10));
    number(out, "returnMean100", returnMean100);
    if (evaluation == null) {
      out.putNull("evaluation");
    } else {
      ObjectNode measured = out.putObject("evaluation");
      measured.put("episodes", evaluation.returns().length);
      number(measured, "mean", evaluation.mean());
      number(measured, "std", evaluation.std());
      number(measured, "iqm", evaluation.iqm());
    }
    out.put("device", device).put("threads", threads).put("stateHash", stateHash);
    Json.write(file, out);
  }

  private static void number(ObjectNode out, String name, double value) {
    if (Double.isFinite(value)) {
      out.put(name, value);
    } else {
      out.putNull(name);
    }
  }

  private static double round(double value, double perUnit) {
    return Math.round(value * perUnit) / perUnit;
  }
}
