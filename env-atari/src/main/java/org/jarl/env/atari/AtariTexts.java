package org.jarl.env.atari;

import org.jarl.env.atari.Playable.Source;

/// What users read of Atari environments.
final class AtariTexts {
  private AtariTexts() {}

  /// One sentence.
  static String summary(Playable played) {
    return switch (played.source()) {
      case Source.BuiltIn(String name) ->
          name.equals("wallball")
              ? "Break down a wall with a ball, on the Atari 2600; the cartridge is ours."
              : "Beat an opponent at ball, on the Atari 2600; the cartridge is ours.";
      case Source.Known _ -> played.title() + ", on the Atari 2600.";
      case Source.Own _ ->
          "A ROM of your own, on the Atari 2600, with the memory layout of "
              + played.game().title()
              + ".";
    };
  }

  /// The task, observation, actions, reward and end.
  static String details(Playable played) {
    return """
    Observation: the screen or the console's memory, as the options say, u8.
    Actions: %s; with fullActionSpace all 18 of the console.
    Reward: %s; its sign alone with clipRewards.
    Ends: %s; cut after maxFrames frames.
    Options that are not given are set by the protocol; docs/atari-protocols.md compares them.\
    """
        .formatted(String.join(", ", played.game().actionNames()), reward(played), end(played));
  }

  private static String reward(Playable played) {
    return switch (played.source()) {
      case Source.BuiltIn(String name) ->
          name.equals("wallball")
              ? "the points of the bricks that break"
              : "1 for a point won, -1 for a point lost";
      case Source.Known _, Source.Own _ -> "the change of the game's score";
    };
  }

  private static String end(Playable played) {
    return switch (played.source()) {
      case Source.BuiltIn(String name) ->
          name.equals("wallball")
              ? "five balls are lost; each ends an episode with terminalOnLifeLoss"
              : "one side has 21 points";
      case Source.Known _, Source.Own _ ->
          "the game is over; a lost life ends an episode with terminalOnLifeLoss";
    };
  }
}
