package org.jarl.env.atari;

import java.util.Arrays;
import java.util.List;
import org.jarl.env.EnvironmentSpec.Padding;
import org.jarl.env.atari.AtariOptions.Resize;
import org.jarl.env.atari.AtariOptions.View;

/// Named ways to make a game into a learning task, as papers and libraries do it. Each sets every
/// choice; `docs/atari-protocols.md` says where each value is from, and what differs.
enum Protocol {
  /// Mnih et al. 2013, "Playing Atari with deep reinforcement learning".
  DQN2013("dqn2013") {
    @Override
    AtariOptions options(int mode, int difficulty) {
      return new AtariOptions(
          /* frameSkip= */ 4,
          /* repeatActionProbability= */ 0,
          /* noopMax= */ 0,
          /* fireReset= */ false,
          /* terminalOnLifeLoss= */ false,
          /* clipRewards= */ true,
          /* maxFrames= */ 18_000,
          /* fullActionSpace= */ false,
          mode,
          difficulty,
          View.GRAY,
          /* size= */ 84,
          Resize.AREA,
          /* maxPool= */ false,
          /* stack= */ 4,
          Padding.ZEROS);
    }
  },

  /// Mnih et al. 2015, "Human-level control through deep reinforcement learning".
  DQN2015("dqn2015") {
    @Override
    AtariOptions options(int mode, int difficulty) {
      return new AtariOptions(
          /* frameSkip= */ 4,
          /* repeatActionProbability= */ 0,
          /* noopMax= */ 30,
          /* fireReset= */ false,
          /* terminalOnLifeLoss= */ true,
          /* clipRewards= */ true,
          /* maxFrames= */ 18_000,
          /* fullActionSpace= */ false,
          mode,
          difficulty,
          View.GRAY,
          /* size= */ 84,
          Resize.AREA,
          /* maxPool= */ true,
          /* stack= */ 4,
          Padding.ZEROS);
    }
  },

  /// Machado et al. 2018, "Revisiting the Arcade Learning Environment".
  MACHADO2018("machado2018") {
    @Override
    AtariOptions options(int mode, int difficulty) {
      return new AtariOptions(
          /* frameSkip= */ 5,
          /* repeatActionProbability= */ 0.25f,
          /* noopMax= */ 0,
          /* fireReset= */ false,
          /* terminalOnLifeLoss= */ false,
          /* clipRewards= */ true,
          /* maxFrames= */ 18_000,
          /* fullActionSpace= */ true,
          mode,
          difficulty,
          View.GRAY,
          /* size= */ 84,
          Resize.AREA,
          /* maxPool= */ true,
          /* stack= */ 4,
          Padding.FIRST);
    }
  },

  /// CleanRL's `dqn_atari.py`.
  CLEANRL("cleanrl") {
    @Override
    AtariOptions options(int mode, int difficulty) {
      return new AtariOptions(
          /* frameSkip= */ 4,
          /* repeatActionProbability= */ 0,
          /* noopMax= */ 30,
          /* fireReset= */ true,
          /* terminalOnLifeLoss= */ true,
          /* clipRewards= */ true,
          /* maxFrames= */ 108_000,
          /* fullActionSpace= */ false,
          mode,
          difficulty,
          View.GRAY,
          /* size= */ 84,
          Resize.OPENCV,
          /* maxPool= */ true,
          /* stack= */ 4,
          Padding.FIRST);
    }
  },

  /// Stable-Baselines3: `AtariWrapper` and `VecFrameStack`, as RL Baselines3 Zoo puts them
  /// together.
  SB3("sb3") {
    @Override
    AtariOptions options(int mode, int difficulty) {
      return new AtariOptions(
          /* frameSkip= */ 4,
          /* repeatActionProbability= */ 0,
          /* noopMax= */ 30,
          /* fireReset= */ true,
          /* terminalOnLifeLoss= */ true,
          /* clipRewards= */ true,
          /* maxFrames= */ 108_000,
          /* fullActionSpace= */ false,
          mode,
          difficulty,
          View.GRAY,
          /* size= */ 84,
          Resize.OPENCV,
          /* maxPool= */ true,
          /* stack= */ 4,
          Padding.ZEROS);
    }
  },

  /// What `gymnasium.make("ALE/Pong-v5")` gives: the whole screen in colours, one at a time.
  GYMNASIUM_V5("gymnasium-v5") {
    @Override
    AtariOptions options(int mode, int difficulty) {
      return new AtariOptions(
          /* frameSkip= */ 4,
          /* repeatActionProbability= */ 0.25f,
          /* noopMax= */ 0,
          /* fireReset= */ false,
          /* terminalOnLifeLoss= */ false,
          /* clipRewards= */ false,
          /* maxFrames= */ 108_000,
          /* fullActionSpace= */ false,
          mode,
          difficulty,
          View.RGB,
          /* size= */ 0,
          Resize.AREA,
          /* maxPool= */ false,
          /* stack= */ 1,
          Padding.FIRST);
    }
  };

  private final String label;

  Protocol(String label) {
    this.label = label;
  }

  /// Every choice.
  ///
  /// @param mode of the game; protocols leave it to the game
  /// @param difficulty of the game; protocols leave it to the game
  abstract AtariOptions options(int mode, int difficulty);

  /// Its name in configs, for example `gymnasium-v5`.
  String label() {
    return label;
  }

  /// All names.
  static List<String> labels() {
    return Arrays.stream(values()).map(Protocol::label).toList();
  }

  /// The protocol of a name.
  ///
  /// @param label one of [#labels]
  static Protocol labelled(String label) {
    return Arrays.stream(values()).filter(p -> p.label.equals(label)).findFirst().orElseThrow();
  }
}
