package org.jarl.env;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// How people watch and play an environment: its pace, the names of its actions and the keys that
/// choose them.
///
/// @param pace agent steps per second that look natural; above 0
/// @param turns whether time stands still while no key is down, as in a puzzle
/// @param actionNames of each choice of a discrete action, of each number of a continuous one
/// @param moves what keys do; empty where people cannot play
public record Controls(double pace, boolean turns, List<String> actionNames, List<Move> moves) {
  private static final double PUZZLE_PACE = 8;
  private static final double UNKNOWN_PACE = 30;

  public Controls {
    if (!(pace > 0) || Double.isInfinite(pace)) {
      throw new IllegalArgumentException("Controls.pace must be above 0, got " + pace);
    }
    actionNames = List.copyOf(actionNames);
    moves = List.copyOf(moves);
  }

  /// What some keys do together.
  ///
  /// @param keys that are down; none for what happens without a key
  /// @param name for people
  /// @param action the index of a choice, or the numbers of a continuous action
  public record Move(Set<Key> keys, String name, List<Float> action) {
    public Move {
      keys = Set.copyOf(keys);
      action = List.copyOf(action);
    }

    /// A choice.
    public static Move of(int index, String name, Key... keys) {
      return new Move(Set.of(keys), name, List.of((float) index));
    }

    /// One number.
    public static Move push(float value, String name, Key... keys) {
      return new Move(Set.of(keys), name, List.of(value));
    }
  }

  /// Choices that are made one by one, at 8 per second while a key stays down.
  ///
  /// @param keys of each action, in the order of their names
  public static Controls puzzle(List<String> names, List<Key> keys) {
    List<Move> moves = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      moves.add(Move.of(i, names.get(i), keys.get(i)));
    }
    return new Controls(PUZZLE_PACE, true, names, moves);
  }

  /// The actions of a joystick with one button, which are named by what is held: `noop`, `fire`,
  /// `up-right-fire`.
  public static Controls joystick(double pace, List<String> names) {
    List<Move> moves = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      Set<Key> keys = new LinkedHashSet<>();
      if (!names.get(i).equals("noop")) {
        for (String part : names.get(i).split("-", -1)) {
          keys.add(Key.valueOf(part.toUpperCase(Locale.ROOT)));
        }
      }
      moves.add(new Move(keys, names.get(i), List.of((float) i)));
    }
    return new Controls(pace, false, names, moves);
  }

  /// For an environment that says nothing: choices go by the digits, up to ten of them, one by one;
  /// other actions are not played.
  public static Controls unknown(Space actions) {
    if (!(actions instanceof Space.Discrete(int n))) {
      return new Controls(UNKNOWN_PACE, false, numbered(actions.size()), List.of());
    }
    List<String> names = numbered(n);
    List<Move> moves = new ArrayList<>();
    for (int i = 0; i < Math.min(n, 10); i++) {
      moves.add(Move.of(i, names.get(i), Key.valueOf("DIGIT_" + i)));
    }
    return new Controls(PUZZLE_PACE, true, names, moves);
  }

  private static List<String> numbered(int count) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      names.add("action " + i);
    }
    return names;
  }

  /// The move that uses most of the keys that are down, the first of equals.
  ///
  /// @return null when none fits: the caller goes on with what it did, or waits
  public @Nullable Move move(Set<Key> down) {
    Move best = null;
    for (Move move : moves) {
      boolean fits = down.containsAll(move.keys());
      if (fits && (best == null || move.keys().size() > best.keys().size())) {
        best = move;
      }
    }
    return best;
  }

  /// Whether these controls fit the actions of an environment.
  public boolean fits(Space actions) {
    return switch (actions) {
      case Space.Discrete(int n) ->
          actionNames.size() == n
              && moves.stream()
                  .allMatch(move ->
                      move.action().size() == 1
                          && move.action().getFirst() >= 0
                          && move.action().getFirst() < n);
      case Space.MultiDiscrete _ -> moves.isEmpty() && actionNames.size() == actions.size();
      case Space.Box _ ->
          actionNames.size() == actions.size()
              && moves.stream().allMatch(move -> move.action().size() == actions.size());
    };
  }

  /// One line for each move, for people: `LEFT push left`.
  public List<String> help() {
    return moves.stream()
        .map(move -> "%-12s %s".formatted(keys(move), move.name()))
        .collect(Collectors.toUnmodifiableList());
  }

  private static String keys(Move move) {
    return move.keys().isEmpty()
        ? "no key"
        : move.keys().stream()
            .sorted()
            .map(key -> key.name().replace("DIGIT_", ""))
            .collect(Collectors.joining("+"));
  }
}
