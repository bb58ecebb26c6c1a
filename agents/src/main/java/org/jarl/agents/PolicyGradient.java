package org.jarl.agents;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jarl.env.Checkpointable;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.RandomStream;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.nn.Engine;
import org.jarl.nn.Optimizer;
import org.jarl.nn.Variables;

/// What a policy gradient learns with: actor and critic, the optimizer of both, and the actor that
/// plays. Loop and loss are the algorithm's own.
final class PolicyGradient implements Checkpointable, AutoCloseable {
  final Variables parameters;
  final ActorCritic network;
  final Optimizer optimizer;
  final Actor actor;
  private final Engine engine;
  private final EnvironmentSpec spec;
  private final PolicyConfig config;

  /// Settings that every policy gradient has.
  interface Config extends AgentConfig {

    /// Networks of policy and value.
    PolicyConfig policy();

    /// What learns.
    OptimizerConfig optimizer();

    /// Norm that the whole gradient is scaled down to; 0 for none.
    float maxGradientNorm();

    @Override
    default Policy loadPolicy(
        EnvironmentSpec spec, int count, Engine engine, Path weights, Policy.Choice choice) {
      return LearnedPolicy.load(policy(), spec, count, engine, weights, choice);
    }

    @Override
    default boolean stochastic() {
      return true;
    }

    @Override
    default boolean convolves() {
      return policy().network().convolves();
    }
  }

  /// @param name of the algorithm: of variables, programs and random streams
  /// @throws IllegalArgumentException if the networks do not fit the environment
  PolicyGradient(
      String name, Config config, EnvironmentSpec spec, int count, Engine engine, long seed) {
    this.engine = engine;
    this.spec = spec;
    this.config = config.policy();
    parameters = engine.variables(name);
    RandomStream initialization = RandomStream.of(seed, name + "/initialization");
    network = new ActorCritic(parameters, spec, config.policy(), initialization);
    optimizer =
        new Optimizer(engine, parameters, config.optimizer().rule(), config.maxGradientNorm());
    long drawing = RandomStream.of(seed, name + "/actions").nextLong();
    actor =
        new Actor(
            engine, name, network, config.policy(), spec, count, Policy.Choice.SAMPLE, drawing);
  }

  /// See [Agent#policy].
  Policy policy(int copies, Policy.Choice choice) {
    return new LearnedPolicy(engine, network, config, spec, copies, choice);
  }

  /// See [Agent#saveWeights].
  void saveWeights(Path file) {
    VariablesState.writeFile(file, parameters);
  }

  /// Bytes of all variables.
  long bytes() {
    return variables().stream().mapToLong(Variables::bytes).sum();
  }

  private List<Variables> variables() {
    return Stream.concat(Stream.of(parameters), optimizer.state().stream()).toList();
  }

  @Override
  public void save(StateWriter to) {
    actor.save(to);
    VariablesState.save(to, variables());
  }

  @Override
  public void load(StateReader from) {
    actor.load(from);
    VariablesState.load(from, variables());
  }

  @Override
  public void close() {
    actor.close();
  }
}
