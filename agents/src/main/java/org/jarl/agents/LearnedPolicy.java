package org.jarl.agents;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.RandomStream;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.nn.Engine;
import org.jarl.nn.Variables;
import org.jspecify.annotations.Nullable;

/// The policy of an [ActorCritic], for evaluation.
final class LearnedPolicy implements Policy {
  private final Engine engine;
  private final Actor actor;
  private final Choice choice;

  LearnedPolicy(
      Engine engine,
      ActorCritic network,
      PolicyConfig config,
      EnvironmentSpec spec,
      int count,
      Choice choice) {
    this.engine = engine;
    this.choice = choice;
    actor = new Actor(engine, "policy", network, config, spec, count, choice, 0);
  }

  /// The policy whose weights are in a file.
  ///
  /// @throws IllegalArgumentException if the weights are not those of this network
  static Policy load(
      PolicyConfig config,
      EnvironmentSpec spec,
      int count,
      Engine engine,
      Path weights,
      Choice choice) {
    Variables variables = engine.variables("policy");
    RandomStream unused = RandomStream.of(0, "overwritten");
    ActorCritic network = new ActorCritic(variables, spec, config, unused);
    VariablesState.readFile(weights, variables);
    return new LearnedPolicy(engine, network, config, spec, count, choice);
  }

  @Override
  public void act(
      MemorySegment observations, boolean[] legalActions, RandomStream random, ActionBatch out) {
    long step = choice == Choice.SAMPLE ? random.nextLong() >>> 1 : 0;
    actor.act(observations, legalActions, step, out);
  }

  @Override
  public void begin(int copy) {
    actor.begin(copy);
  }

  @Override
  public boolean remembers() {
    return actor.states().byteSize() > 0;
  }

  @Override
  public @Nullable Thoughts thoughts() {
    return actor.thoughts(engine);
  }

  @Override
  public void save(StateWriter to) {
    actor.save(to);
  }

  @Override
  public void load(StateReader from) {
    actor.load(from);
  }

  @Override
  public void close() {
    actor.close();
  }
}
