package org.jarl.experiments.show;

import java.util.List;
import java.util.function.Consumer;
import org.jarl.env.show.Command;
import org.jarl.env.show.Scene;
import org.jarl.env.show.Stage;
import org.jarl.env.show.Stage.Handover;
import org.jspecify.annotations.Nullable;

/// The stages of one session, published to together. One thread uses it.
final class Stages {
  private final List<Stage> stages;
  private final boolean[] chosen;
  private long number;

  Stages(List<Stage> stages) {
    this.stages = List.copyOf(stages);
    chosen = new boolean[stages.size()];
  }

  /// Whether somebody has taken the last scene and wants another.
  boolean wanted() {
    for (int i = 0; i < chosen.length; i++) {
      if (stages.get(i).wanted()) {
        return true;
      }
    }
    return false;
  }

  /// Whether somebody has gone.
  boolean anyLeft() {
    for (int i = 0; i < chosen.length; i++) {
      if (stages.get(i).left()) {
        return true;
      }
    }
    return false;
  }

  /// Shows a scene to recorders, which want every one, and to the others.
  ///
  /// @param all whether to those too who have not taken the last one
  /// @param fill fills all of a scene but its number
  void publish(boolean all, Consumer<Scene> fill) {
    Scene first = null;
    number++;
    for (int i = 0; i < chosen.length; i++) {
      Stage stage = stages.get(i);
      chosen[i] = all || stage.handover() == Handover.EVERY || stage.wanted();
      if (!chosen[i]) {
        continue;
      }
      if (first == null) {
        first = stage.draft();
        fill.accept(first);
        first.number = number;
      } else {
        stage.draft().copyFrom(first);
      }
    }
    for (int i = 0; i < chosen.length; i++) {
      if (chosen[i]) {
        stages.get(i).publish();
      }
    }
  }

  /// The next command of anybody; null when there is none.
  @Nullable Command poll() {
    for (int i = 0; i < chosen.length; i++) {
      Command command = stages.get(i).poll();
      if (command != null) {
        return command;
      }
    }
    return null;
  }

  /// Waits for something to happen at the first seat, which is the one that sends commands.
  void await(long nanos) {
    stages.getFirst().await(nanos);
  }
}
