package org.jarl.experiments.config;

import org.jarl.agents.AgentConfig;
import org.jarl.experiments.base.UnavailableException;
import org.jarl.nn.Engines;
import org.jarl.nn.Precision;

/// What a run computes with.
///
/// @param name `cpu`, `cuda` or `nd4j`
/// @param precision of products
/// @param threads that the engine may use, at least 1; results do not depend on it
/// @param reason why `auto` chose it, in brackets for people; empty where it was asked for
public record Device(String name, Precision precision, int threads, String reason) {

  /// What was asked for, or for `auto` what suits the agent. The choice follows from config and
  /// machine, never from a measurement, since devices differ in the last bits of results: the GPU
  /// for networks with convolutions, the processor for all others, whose updates are too small to
  /// be worth the way to the GPU (docs/decisions/0018).
  public static Device choose(String asked, Precision precision, AgentConfig agent, int threads) {
    if (!asked.equals("auto")) {
      return new Device(asked, precision, threads, "");
    }
    if (!agent.usesConvolutions()) {
      return new Device("cpu", precision, threads, " (auto: small networks are quickest there)");
    }
    return Engines.problem("cuda")
        .map(problem -> new Device("cpu", precision, threads, " (auto: " + problem + ")"))
        .orElse(new Device("cuda", precision, threads, " (auto: the network has convolutions)"));
  }

  /// Refuses a device that this machine does not have, or one without the precision, as far as can
  /// be told without opening it.
  ///
  /// @throws UnavailableException saying why
  public void require() {
    Engines.problem(name, precision)
        .ifPresent(problem -> {
          throw new UnavailableException(unusable(name, problem));
        });
  }

  /// The same for a policy that is only played, which every device can do: those without the
  /// precision it was trained with take their own.
  public Device forPlaying() {
    return Engines.problem(name, precision).isEmpty()
        ? this
        : new Device(name, Precision.AUTO, threads, reason);
  }

  /// The message of a device that cannot be used here.
  ///
  /// @param name of the device
  /// @param why the reason, a clause without a full stop
  public static String unusable(String name, String why) {
    return "device " + name + " cannot be used: " + why + "; see: jarl doctor";
  }

  /// The same with other threads.
  public Device withThreads(int count) {
    return new Device(name, precision, count, reason);
  }
}
