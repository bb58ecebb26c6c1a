package org.jarl.experiments.show;

import java.lang.foreign.MemorySegment;
import java.util.Locale;
import org.jarl.agents.Explainer;
import org.jarl.env.ActionBatch;
import org.jarl.env.Controls;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.show.Scene;
import org.jspecify.annotations.Nullable;

/// Fills parts of a scene from what a learner sees.
final class Scenes {
  private Scenes() {}

  /// Writes what copy `i` shows the agent.
  ///
  /// @param observations `[N, observation]`
  static void writeSeen(EnvironmentSpec spec, MemorySegment observations, int i, Scene scene) {
    scene.resizeSeen(spec.observationSpace(), spec.stacking().depth());
    long bytes = spec.observationSpace().bytes();
    MemorySegment.copy(observations, i * bytes, MemorySegment.ofArray(scene.seen), 0, bytes);
  }

  /// Writes the action of copy `i`.
  ///
  /// @param actions null when none has been taken in this episode
  static void writeAction(@Nullable ActionBatch actions, int i, Controls controls, Scene scene) {
    scene.action = "";
    scene.actionIndex = -1;
    if (actions == null) {
      return;
    }
    int size = actions.size();
    if (actions.values().length == 0 && size == 1) {
      scene.actionIndex = actions.indices()[i];
      scene.action = controls.actionNames().get(scene.actionIndex);
      return;
    }
    StringBuilder text = new StringBuilder();
    for (int d = i * size; d < (i + 1) * size; d++) {
      text.append(d == i * size ? "" : ", ");
      if (actions.values().length == 0) {
        text.append(actions.indices()[d]);
      } else {
        text.append(String.format(Locale.ROOT, "%.2f", actions.values()[d]));
      }
    }
    scene.action = text.toString();
  }

  /// Writes what was last explained.
  static void writeExplanation(Explainer explainer, Scene scene) {
    scene.barsAre =
        switch (explainer.kind()) {
          case ACTION_VALUES -> Scene.Bars.ACTION_VALUES;
          case PROBABILITIES -> Scene.Bars.PROBABILITIES;
          case MEANS -> Scene.Bars.MEANS;
        };
    scene.resizeBars(explainer.count());
    for (int i = 0; i < explainer.count(); i++) {
      scene.bars[i] = explainer.number(i);
      scene.spreads[i] = explainer.deviation(i);
    }
    scene.value = explainer.value();
  }

  /// Writes the weight of each place of an observation.
  ///
  /// @param legal `[A]`, empty where the environment has no mask
  static void writeSaliency(
      Explainer explainer, MemorySegment observation, boolean[] legal, Scene scene) {
    scene.resizeSaliency(explainer.saliencyHeight(), explainer.saliencyWidth());
    explainer.saliency(observation, legal, scene.saliency);
  }

  /// Writes that there is no explanation.
  static void clearExplanation(Scene scene) {
    scene.barsAre = Scene.Bars.NONE;
    scene.resizeBars(0);
    scene.value = Float.NaN;
    scene.resizeSaliency(0, 0);
  }
}
