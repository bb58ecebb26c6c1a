package org.jarl.agents;

import java.nio.file.Path;
import org.jarl.agents.config.OptimizerConfig;
import org.jarl.agents.config.PolicyConfig;
import org.jarl.nn.Graph;
import org.jarl.nn.Optimizer;
import org.jarl.nn.Scope;
import org.jarl.nn.Tensor;
import org.jarl.nn.Variables;

/// Actor and critic of a policy gradient, their optimizer, and the actor that collects rollouts.
/// Loop and loss are the algorithm's own.
final class ActorCriticLearner {
  final Variables parameters;
  final ActorCritic network;
  final Actor actor;
  private final Optimizer optimizer;
  private final Config config;
  private final Task task;

  /// Settings that every policy gradient has.
  interface Config extends AgentConfig {

    /// Networks of policy and value.
    PolicyConfig policy();

    /// Optimizer of both.
    OptimizerConfig optimizer();

    /// Weight of the value loss.
    float valueCoefficient();

    /// Weight of the entropy.
    float entropyCoefficient();

    /// Norm that the whole gradient is scaled down to; 0 for none.
    float maxGradientNorm();

    @Override
    default Policy loadPolicy(Task task, Path weights, Policy.Choice choice) {
      return ActorCriticPolicy.load(policy(), task, weights, choice);
    }

    @Override
    default boolean stochastic() {
      return true;
    }

    @Override
    default boolean usesConvolutions() {
      return policy().network().usesConvolutions();
    }
  }

  /// Networks with new parameters. Kept in `state`: the actor's recurrent state, the parameters and
  /// the optimizer.
  ///
  /// @throws IllegalArgumentException if the networks do not fit the environment
  ActorCriticLearner(AgentState state, Config config, Task task) {
    this.config = config;
    this.task = task;
    parameters = task.engine().variables(state.name());
    Scope scope = Scope.of(parameters, state.initialStream("initialization"));
    network = new ActorCritic(scope, task.spec(), config.policy());
    optimizer =
        new Optimizer(
            task.engine(), parameters, config.optimizer().rule(), config.maxGradientNorm());
    long seed = state.initialStream("actions").nextLong();
    Actor.Draws draws = new Actor.Draws(Policy.Choice.SAMPLE, seed);
    actor = state.keep(new Actor(task.engine(), state.name(), network, task.count(), draws));
    state.keepWeights(parameters);
    state.keep(optimizer);
  }

  /// Optimizer whose state is saved.
  Optimizer optimizer() {
    return optimizer;
  }

  /// Traces a step of the optimizer along the loss of policy and value together (Schulman et al. 2017,
  /// equation 9, negated):
  ///
  ///     loss = policyLoss + valueCoefficient valueLoss - entropyCoefficient entropy
  ///
  /// Outputs of the program are these four; the learning rate is the input `learningRate`.
  void minimize(Tensor policyLoss, Tensor valueLoss, Tensor entropy) {
    Graph graph = policyLoss.graph();
    Tensor loss =
        policyLoss
            .plus(valueLoss.times(config.valueCoefficient()))
            .minus(entropy.times(config.entropyCoefficient()));
    graph.output("loss", optimizer.minimize(loss, graph.input("learningRate")));
    graph.output("policyLoss", policyLoss);
    graph.output("valueLoss", valueLoss);
    graph.output("entropy", entropy);
  }

  /// See [Agent#policy].
  Policy policy(int copies, Policy.Choice choice) {
    return new ActorCriticPolicy(task.engine(), network, copies, choice);
  }
}
