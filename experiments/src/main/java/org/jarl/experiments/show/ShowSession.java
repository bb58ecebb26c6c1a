package org.jarl.experiments.show;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Consumer;
import org.jarl.agents.Explainer;
import org.jarl.agents.Policy;
import org.jarl.env.ActionBatch;
import org.jarl.env.Checkpointable;
import org.jarl.env.Controls;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Frame;
import org.jarl.env.MemoryState;
import org.jarl.env.RandomStream;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;
import org.jarl.env.show.Command;
import org.jarl.env.show.Scene;
import org.jarl.env.show.Stage;
import org.jarl.experiments.environment.EnvironmentFactory.ShownEnvironment;
import org.jspecify.annotations.Nullable;

/// Plays one copy for those who look: by a policy, by a human, or by one after the other.
///
///     commands --> obey --> wait for the pace or a key --> choose --> step --> show
///                    ^------------------------------------------------------------'
///
/// The clock decides when a step is taken, never what comes of it: an episode follows from its
/// seed, the policy and the keys. One thread runs it; [#stop] may come from any.
public final class ShowSession implements Checkpointable {
  public static final double SLOWEST = 1.0 / 16;
  public static final double FASTEST = 64;

  private static final int REWIND_SECONDS = 10;
  private static final int KEPT_SECONDS = 60;
  private static final int KEPT_BYTES = 64 << 20;

  /// States that are kept per second at speed 1, where there are as many steps.
  private static final int KEPT_PER_SECOND = 10;

  /// The longest wait before looking again whether to stop.
  private static final long PATIENCE_NANOS = 50_000_000;

  /// Steps that come faster than this are shown only to those who ask.
  private static final long EACH_SHOWN_NANOS = 10_000_000;

  /// How long the end of a game stays in view.
  private static final double END_SECONDS = 0.5;

  private final ShownEnvironment shown;
  private final VectorEnvironment environment;
  private final EnvironmentSpec spec;
  private final Controls controls;
  private final @Nullable Policy policy;
  private final @Nullable Explainer explainer;
  private final Demonstrations.@Nullable Writer demonstrations;
  private final Setting setting;
  private final List<Stage> stages;
  private final Stages seats;
  private final ActionBatch actions;
  private final EpisodeTally tally = new EpisodeTally();
  private final PlayKeys hands = new PlayKeys();
  private final Rewind rewind;
  private final MemoryState.Writer state = new MemoryState.Writer();
  private final Consumer<Scene> fill = this::fill;
  private final List<String> keyHelp;
  private final boolean playable;
  private volatile boolean stopped;

  private RandomStream random = RandomStream.of(0, "show");
  private Scene.Player player;
  private StepBatch now;
  private boolean acted;
  private boolean ended;
  private boolean paused;
  private boolean saliency;
  private boolean unseen;
  private boolean over;
  private double speed;
  private long nextStep;
  private String notice = "";

  /// How to play.
  ///
  /// @param title for people
  /// @param seed of the first episode; each that follows has the next one
  /// @param episodes after which the session ends; 0 for never
  /// @param speed multiple of the environment's pace
  /// @param paced whether somebody watches as it happens; else steps follow each other at once
  public record Setting(String title, long seed, int episodes, double speed, boolean paced) {}

  /// A session.
  ///
  /// @param policy of one copy, closed by the caller; null where a human plays
  /// @param explainer of the policy; null for none
  /// @param demonstrations receives what is played; null for nowhere
  public ShowSession(
      ShownEnvironment shown,
      Controls controls,
      @Nullable Policy policy,
      @Nullable Explainer explainer,
      Demonstrations.@Nullable Writer demonstrations,
      Setting setting,
      List<Stage> stages) {
    this.shown = shown;
    this.environment = shown.place().vector();
    this.spec = environment.spec();
    this.controls = controls;
    this.policy = policy;
    this.explainer = explainer;
    this.demonstrations = demonstrations;
    this.setting = setting;
    this.stages = List.copyOf(stages);
    this.seats = new Stages(stages);
    this.actions = new ActionBatch(spec.actionSpace(), 1);
    this.keyHelp = controls.help();
    this.playable = !controls.moves().isEmpty();
    this.player = policy == null ? Scene.Player.HUMAN : Scene.Player.AGENT;
    this.speed = clamp(setting.speed());
    this.rewind =
        new Rewind(
            Math.max(1, (long) (controls.pace() / KEPT_PER_SECOND)),
            Math.round(REWIND_SECONDS * controls.pace()),
            Math.round(KEPT_SECONDS * controls.pace()),
            KEPT_BYTES);
    this.now = environment.reset(setting.seed());
  }

  /// Whether the environment can be drawn.
  public boolean canBeShown() {
    return environment.render(0, new Frame());
  }

  /// Ends the session soon.
  public void stop() {
    stopped = true;
  }

  /// How the games went.
  public EpisodeTally tally() {
    return tally;
  }

  /// Plays until the episodes are over or somebody leaves.
  public void run() {
    begin(setting.seed());
    show(true);
    if (setting.paced()) {
      awaitAudience();
      show(true);
      awaitAudience();
    }
    nextStep = System.nanoTime();
    while (!over && !stopped && !seats.anyLeft()) {
      obey();
      if (over) {
        break;
      }
      if (waitsForSomeone()) {
        showUnseen();
        seats.await(PATIENCE_NANOS);
        nextStep = System.nanoTime();
      } else if (isTime()) {
        advance();
        show(period() >= EACH_SHOWN_NANOS);
      }
    }
  }

  /// Waits until the last scene was taken. A window takes one to know what it shows, and may then
  /// need a moment to open; with the second it is there.
  private void awaitAudience() {
    while (!stages.getFirst().wanted() && !over && !stopped && !seats.anyLeft()) {
      seats.await(PATIENCE_NANOS);
      obey();
    }
  }

  // ---- commands
  // ---------------------------------------------------------------------------------

  private void obey() {
    Command command = seats.poll();
    while (command != null && !over) {
      switch (command) {
        case Command.Hold(var keys) -> hands.hold(keys);
        case Command.Speed(double factor) -> {
          speed = clamp(factor);
          show(true);
        }
        case Command.Plain plain -> obey(plain);
      }
      command = seats.poll();
    }
  }

  private void obey(Command.Plain command) {
    notice = "";
    switch (command) {
      case PAUSE -> {
        paused = !paused;
        hands.letGo();
      }
      case STEP -> {
        paused = true;
        advance();
      }
      case RESTART -> begin(tally.seed());
      case NEXT_SEED -> begin(tally.seed() + 1);
      case SALIENCY -> {
        saliency = !saliency && explainer != null;
        notice = explainer == null ? "this player has no saliency" : "";
      }
      case TAKE_OVER -> takeOver();
      case REWIND -> back();
      case QUIT -> over = true;
    }
    show(true);
  }

  private void takeOver() {
    if (policy == null || !playable) {
      notice = policy == null ? "there is no agent here" : "this environment has no keys";
      return;
    }
    player = player == Scene.Player.HUMAN ? Scene.Player.AGENT : Scene.Player.HUMAN;
    notice = player == Scene.Player.HUMAN ? "you play" : "the agent plays";
    hands.letGo();
  }

  private void back() {
    if (demonstrations != null) {
      notice = "no way back while demonstrations are written";
      return;
    }
    long before = tally.sessionSteps();
    byte[] earlier = rewind.back(before, Math.round(REWIND_SECONDS * controls.pace()));
    if (earlier == null) {
      notice = "nothing to go back to";
      return;
    }
    MemoryState.load(earlier, this);
    double seconds = (before - tally.sessionSteps()) / controls.pace();
    notice = String.format(java.util.Locale.ROOT, "rewound %.1f s", seconds);
  }

  private static double clamp(double factor) {
    return Math.min(FASTEST, Math.max(SLOWEST, factor));
  }

  // ---- time
  // -------------------------------------------------------------------------------------

  private boolean waitsForSomeone() {
    boolean turn = player == Scene.Player.HUMAN && controls.turns() && !ended;
    return paused || turn && !hands.busy();
  }

  private long period() {
    return Math.round(1e9 / (controls.pace() * speed));
  }

  /// Waits a while for the next step.
  ///
  /// @return whether it is due
  private boolean isTime() {
    if (!setting.paced()) {
      return true;
    }
    long left = nextStep - System.nanoTime();
    if (left > 0) {
      showUnseen();
      seats.await(Math.min(left, PATIENCE_NANOS));
      return false;
    }
    // What was missed is not made up for.
    nextStep = Math.max(nextStep, System.nanoTime() - period()) + period();
    return true;
  }

  // ---- play
  // -------------------------------------------------------------------------------------

  private void begin(long seed) {
    now = environment.reset(seed);
    random = RandomStream.of(seed, "show");
    tally.begin(seed);
    acted = false;
    ended = false;
    if (policy != null) {
      policy.begin(0);
    }
    if (demonstrations != null) {
      demonstrations.begin(seed, now.observations());
    }
  }

  /// One step, or the next episode after an end.
  private void advance() {
    notice = "";
    if (ended) {
      begin(tally.seed() + 1);
    } else {
      if (rewind.wants(tally.sessionSteps())) {
        state.clear();
        save(state);
        rewind.keep(tally.sessionSteps(), state.bytes(), state.size());
      }
      if (!choose()) {
        return;
      }
      now = environment.step(actions);
      acted = true;
      if (demonstrations != null) {
        demonstrations.add(actions, now);
      }
      count();
    }
  }

  private void count() {
    tally.add(now.rewards()[0], now.scores()[0]);
    if (now.ended(0) && policy != null) {
      policy.begin(0);
    }
    ended = now.gameEnded(0);
    if (now.lifeLost()[0]) {
      notice = "a life is lost";
    }
    if (ended) {
      tally.end();
      over = setting.episodes() > 0 && tally.finished() >= setting.episodes();
      nextStep += Math.round(END_SECONDS * 1e9 / speed);
    }
  }

  /// Fills in the next action. A policy acts also where a human overrules it, since it must see
  /// what happens to remember it.
  ///
  /// @return false when a human has chosen nothing that can be done
  private boolean choose() {
    if (player == Scene.Player.AGENT) {
      act();
      return true;
    }
    Controls.Move move = controls.move(hands.take());
    if (move == null && controls.turns()) {
      return false;
    }
    // Where doing nothing is no action, the last one goes on.
    Controls.Move chosen = move;
    int[] indices = actions.indices().clone();
    float[] values = actions.values().clone();
    if (policy != null) {
      act();
    }
    System.arraycopy(indices, 0, actions.indices(), 0, indices.length);
    System.arraycopy(values, 0, actions.values(), 0, values.length);
    if (chosen != null) {
      for (int i = 0; i < chosen.action().size(); i++) {
        set(i, chosen.action().get(i));
      }
    }
    return isLegal();
  }

  private void act() {
    if (policy != null) {
      policy.act(now.observations(), now.legalActions(), random, actions);
    }
  }

  private void set(int i, float value) {
    if (actions.indices().length > 0) {
      actions.indices()[i] = (int) value;
    } else {
      actions.values()[i] = value;
    }
  }

  private boolean isLegal() {
    if (now.legalActions().length == 0 || now.legalActions()[actions.indices()[0]]) {
      return true;
    }
    notice = controls.actionNames().get(actions.indices()[0]) + " is not possible here";
    return false;
  }

  // ---- pictures
  // -----------------------------------------------------------------------------------

  private void showUnseen() {
    if (unseen && seats.wanted()) {
      show(true);
    }
  }

  private void show(boolean all) {
    unseen = !all;
    seats.publish(all, fill);
  }

  private void fill(Scene scene) {
    unseen = false;
    scene.title = setting.title();
    scene.pace = controls.pace();
    scene.actionNames = controls.actionNames();
    scene.keyHelp = keyHelp;
    scene.takesOver = policy != null && playable;
    scene.controllable = true;
    if (ended) {
      scene.frame.copyFrom(shown.last());
    } else if (!environment.render(0, scene.frame)) {
      scene.frame.clear();
    }
    MemorySegment seen = ended ? now.finalObservations() : now.observations();
    Scenes.writeSeen(spec, seen, 0, scene);
    Scenes.writeAction(acted ? actions : null, 0, controls, scene);
    writeExplanation(scene);
    tally.writeTo(scene);
    scene.agentSteps = 0;
    scene.terminated = ended && now.terminated()[0];
    scene.truncated = ended && now.truncated()[0];
    scene.player = player;
    scene.paused = paused;
    scene.speed = speed;
    scene.notice = notice;
  }

  private void writeExplanation(Scene scene) {
    Scenes.clearExplanation(scene);
    if (explainer == null || ended) {
      return;
    }
    explainer.explain(now.observations(), now.legalActions());
    Scenes.writeExplanation(explainer, scene);
    if (saliency) {
      Scenes.writeSaliency(explainer, now.observations(), now.legalActions(), scene);
    }
  }

  // ---- state
  // ------------------------------------------------------------------------------------

  @Override
  public void save(StateWriter to) {
    to.section("show");
    environment.save(to);
    if (policy != null) {
      policy.save(to);
    }
    random.save(to);
    tally.save(to);
    to.putBoolean(acted);
    to.putBoolean(ended);
    to.putInts(actions.indices());
    to.putFloats(actions.values());
  }

  @Override
  public void load(StateReader from) {
    from.section("show");
    environment.load(from);
    if (policy != null) {
      policy.load(from);
    }
    random.load(from);
    tally.load(from);
    acted = from.getBoolean();
    ended = from.getBoolean();
    from.getInts(actions.indices());
    from.getFloats(actions.values());
    now = environment.current();
  }
}
