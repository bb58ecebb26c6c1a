package org.jarl.experiments.show;

import java.util.List;
import java.util.function.Consumer;
import org.jarl.agents.Agent;
import org.jarl.agents.Explainer;
import org.jarl.agents.Policy;
import org.jarl.env.ActionBatch;
import org.jarl.env.Controls;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;
import org.jarl.env.show.Command;
import org.jarl.env.show.Scene;
import org.jarl.env.show.Stage;
import org.jarl.env.wrappers.VectorWrapper;
import org.jspecify.annotations.Nullable;

/// Shows a training while it goes on: copy 0 of its environment, as the agent steps it.
///
/// The training never waits. A scene is made only when a spectator has taken the last one, at most
/// 60 times a second, and so seldom that it costs about [#SHARE] of the time. What is learned does
/// not depend on it.
public final class TrainingShow {
  /// Scenes per second at most.
  private static final double PACE = 60;

  /// The part of the time that may be spent on being watched.
  private static final double SHARE = 0.01;

  /// The next scene is expected to cost what the cheapest of as many did: a first one loads
  /// classes, and any may be held up by others.
  private static final int COSTS = 4;

  /// Longest time between two scenes, however long they take to draw.
  private static final double PATIENCE_NANOS = 0.5e9;

  private final String title;
  private final List<Stage> stages;

  /// A show.
  ///
  /// @param stages of those who look
  public TrainingShow(String title, List<Stage> stages) {
    this.title = title;
    this.stages = List.copyOf(stages);
  }

  /// The environment that the agent shall step.
  ///
  /// @param seed of the run
  /// @param policy of one copy, following the agent; closed by the caller
  public Watched watch(
      VectorEnvironment environment, Controls controls, Agent agent, Policy policy, long seed) {
    return new Watched(environment, controls, agent, policy, seed);
  }

  /// An environment whose copy 0 is shown. Unlike other wrappers it does not own the one inside.
  public final class Watched extends VectorWrapper {
    private final Controls controls;
    private final Agent agent;
    private final @Nullable Explainer explainer;
    private final Stages seats = new Stages(stages);
    private final EpisodeTally tally = new EpisodeTally();
    private final long seed;
    private final Consumer<Scene> fill = this::fill;
    private @Nullable ActionBatch actions;
    private boolean saliency;
    private long nextLook;
    private final long[] costs = new long[COSTS];
    private int looks;

    private Watched(
        VectorEnvironment inner, Controls controls, Agent agent, Policy policy, long seed) {
      super(inner);
      this.controls = controls;
      this.agent = agent;
      this.seed = seed;
      // A memory follows what the agent itself sees, and is not ours to read.
      this.explainer = policy.remembers() ? null : policy.explainer();
      if (explainer != null) {
        explainer.prepareSaliency();
      }
      tally.begin(seed);
    }

    @Override
    public StepBatch step(ActionBatch taken) {
      StepBatch batch = inner().step(taken);
      tally.add(batch.rewards()[0], batch.scores()[0]);
      if (seats.wanted()) {
        look(taken);
      }
      if (batch.gameEnded(0)) {
        tally.end();
        tally.begin(seed);
      }
      return batch;
    }

    private void look(ActionBatch taken) {
      long start = System.nanoTime();
      if (start < nextLook) {
        return;
      }
      obey();
      actions = taken;
      seats.publish(false, fill);
      costs[looks++ % COSTS] = System.nanoTime() - start;
      nextLook = start + (long) Math.max(1e9 / PACE, Math.min(PATIENCE_NANOS, cost() / SHARE));
    }

    private double cost() {
      long least = Long.MAX_VALUE;
      for (int i = 0; i < Math.min(looks, COSTS); i++) {
        least = Math.min(least, costs[i]);
      }
      return least;
    }

    private void obey() {
      for (Command command = seats.poll(); command != null; command = seats.poll()) {
        if (command == Command.Plain.SALIENCY) {
          saliency = !saliency && explainer != null;
        }
      }
    }

    private void fill(Scene scene) {
      EnvironmentSpec spec = inner().spec();
      StepBatch now = inner().current();
      scene.title = title;
      scene.pace = PACE;
      scene.actionNames = controls.actionNames();
      scene.keyHelp = List.of();
      scene.takesOver = false;
      scene.controllable = false;
      if (!inner().render(0, scene.frame)) {
        scene.frame.clear();
      }
      Scenes.writeSeen(spec, now.observations(), 0, scene);
      Scenes.writeAction(actions, 0, controls, scene);
      Scenes.clearExplanation(scene);
      if (explainer != null) {
        explain(explainer, scene);
      }
      tally.writeTo(scene);
      scene.agentSteps = agent.state().agentSteps();
      scene.terminated = now.gameEnded(0) && now.terminated()[0];
      scene.truncated = now.gameEnded(0) && now.truncated()[0];
      scene.player = Scene.Player.AGENT;
      scene.paused = false;
      scene.speed = 1;
      scene.notice = scene.frame.width() == 0 ? "this environment draws no picture" : "";
    }

    private void explain(Explainer by, Scene scene) {
      StepBatch now = inner().current();
      by.explain(now.observations(), now.legalActions());
      Scenes.writeExplanation(by, scene);
      if (saliency) {
        Scenes.writeSaliency(by, now.observations(), now.legalActions(), scene);
      }
    }

    /// Frees what was made for the show; the environment is its owner's.
    @Override
    public void close() {
      if (explainer != null) {
        explainer.close();
      }
    }
  }
}
