package org.jarl.env.atari;

import java.util.List;

/// A game that ALE knows: where it keeps its score and how it ends.
///
/// @param name ALE's, for example `space_invaders`
/// @param md5 of the one ROM of it that ALE knows, 32 hexadecimal digits in lower case
/// @param modes that it has, the one played by default first
/// @param difficulties that it has, the one played by default first
/// @param actions that it uses, indices into [#ACTIONS]
/// @param title for people
record Game(
    String name,
    String md5,
    List<Integer> modes,
    List<Integer> difficulties,
    List<Integer> actions,
    String title) {
  /// ALE's actions in its order.
  static final List<String> ACTIONS =
      List.of(
          "noop",
          "fire",
          "up",
          "right",
          "left",
          "down",
          "up-right",
          "up-left",
          "down-right",
          "down-left",
          "up-fire",
          "right-fire",
          "left-fire",
          "down-fire",
          "up-right-fire",
          "up-left-fire",
          "down-right-fire",
          "down-left-fire");

  Game {
    modes = List.copyOf(modes);
    difficulties = List.copyOf(difficulties);
    actions = List.copyOf(actions);
  }

  /// Its name in environment ids, for example `space-invaders`.
  String id() {
    return name.replace('_', '-');
  }

  /// The names of the actions that it uses.
  List<String> actionNames() {
    return actions.stream().map(ACTIONS::get).toList();
  }
}
