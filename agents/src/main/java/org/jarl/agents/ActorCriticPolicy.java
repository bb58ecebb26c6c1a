package org.jarl.agents;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.jarl.agents.config.PolicyConfig;
import org.jarl.env.ActionBatch;
import org.jarl.env.RandomStream;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.nn.Engine;
import org.jarl.nn.Scope;
import org.jarl.nn.Variables;
import org.jspecify.annotations.Nullable;

/// Policy of an [ActorCritic], for evaluation.
final class ActorCriticPolicy implements Policy {
  private final Engine engine;
  private final Actor actor;
  private final Choice choice;

  ActorCriticPolicy(Engine engine, ActorCritic network, int count, Choice choice) {
    this.engine = engine;
    this.choice = choice;
    actor = new Actor(engine, "policy", network, count, new Actor.Draws(choice, 0));
  }

  /// The policy whose weights are in a file.
  ///
  /// @throws IllegalArgumentException if the weights are not those of this network
  static Policy load(PolicyConfig config, Task task, Path weights, Choice choice) {
    Variables variables = task.engine().variables("policy");
    ActorCritic network = new ActorCritic(Scope.uninitialized(variables), task.spec(), config);
    SavedVariables.readFile(weights, variables);
    return new ActorCriticPolicy(task.engine(), network, task.count(), choice);
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
  public @Nullable Explainer explainer() {
    return actor.explainer(engine);
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
