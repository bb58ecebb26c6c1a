package org.jarl.env.atari;

import org.jarl.env.EnvironmentSpec.Padding;

/// Every choice that makes an Atari game into a learning task. A protocol sets all of them.
///
/// @param frameSkip frames that an action is held for; one agent step
/// @param repeatActionProbability probability, at each frame, that the action before is held on
///   instead ("sticky actions", Machado et al. 2018)
/// @param noopMax a game starts with 1 to this many frames without action, drawn anew; 0 for none
/// @param fireReset whether FIRE and the third action are taken for an agent step each after a
///   start or a lost life, in games whose second action is FIRE
/// @param terminalOnLifeLoss whether the loss of a life ends the episode for the learner
/// @param clipRewards whether rewards are reduced to their sign; scores are not
/// @param maxFrames frames after which a game is truncated; 0 for no limit
/// @param fullActionSpace all 18 actions instead of those that the game uses
/// @param mode of the game, one that it has
/// @param difficulty of the game, one that it has
/// @param observation what is shown
/// @param size height and width that screens are shrunk to; 0 for the whole screen, 210 x 160
/// @param resize how screens are shrunk
/// @param maxPool whether a screen is the larger of the last two frames, pixel by pixel, against
///   flicker
/// @param stack screens shown together
/// @param padding what stands for screens before the episode
record AtariOptions(
    int frameSkip,
    float repeatActionProbability,
    int noopMax,
    boolean fireReset,
    boolean terminalOnLifeLoss,
    boolean clipRewards,
    int maxFrames,
    boolean fullActionSpace,
    int mode,
    int difficulty,
    View observation,
    int size,
    Resize resize,
    boolean maxPool,
    int stack,
    Padding padding) {

  /// What an observation is made of.
  enum View {
    /// Luminance, `[stack, size, size]` u8.
    GRAY,
    /// Colours, `[stack, size, size, 3]` u8.
    RGB,
    /// The console's 128 bytes of memory, `[stack, 128]` u8.
    RAM
  }

  /// How a screen is shrunk; both average over areas.
  enum Resize {
    /// Exact, in whole numbers, rounded half up.
    AREA,
    /// Bit for bit what OpenCV's `INTER_AREA` gives.
    OPENCV
  }
}
