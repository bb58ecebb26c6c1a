package org.jarl.env.gridworld;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jarl.env.Controls;
import org.jarl.env.Environment;
import org.jarl.env.EnvironmentProvider;
import org.jarl.env.Key;
import org.jarl.env.Options;
import org.jarl.env.VectorEnvironment;

/// The provider of the family `gridworld`.
///
/// All worlds share the form of what they show: planes of `[H, W, C]`, one per kind of thing, 1
/// (u8: 255) where it is seen. README.md lists the planes.
public final class GridWorlds implements EnvironmentProvider {
  static final String CLIFF = "gridworld/cliff-v0";
  static final String DEEP_SEA = "gridworld/deep-sea-v0";
  static final String DOOR_KEY = "gridworld/door-key-v0";
  static final String EMPTY = "gridworld/empty-v0";
  static final String FOUR_ROOMS = "gridworld/four-rooms-v0";
  static final String FROZEN_LAKE = "gridworld/frozen-lake-v0";
  static final String LAVA = "gridworld/lava-v0";
  static final String MEMORY = "gridworld/memory-v0";
  static final String TAXI = "gridworld/taxi-v0";

  private static final Option OBSERVATION =
      new Option(
          "observation",
          Planes.Form.ONE_HOT.label(),
          "one-hot (f32 0 or 1, flat [H * W * C]) or image (u8 0 or 255, [H, W, C])");
  private static final Option RANDOM_START =
      new Option("randomStart", false, "whether each episode starts on a random cell");
  private static final Option RANDOM_GOAL =
      new Option("randomGoal", false, "whether each episode has its goal on a random cell");

  private static final String MOVES = "Actions: up, right, down, left.";
  private static final List<String> MOVE_NAMES = List.of("up", "right", "down", "left");
  private static final List<Key> MOVE_KEYS = List.of(Key.UP, Key.RIGHT, Key.DOWN, Key.LEFT);

  @Override
  public List<String> ids() {
    return List.of(CLIFF, DEEP_SEA, DOOR_KEY, EMPTY, FOUR_ROOMS, FROZEN_LAKE, LAVA, MEMORY, TAXI);
  }

  @Override
  public Description describe(String id) {
    return switch (id) {
      case DOOR_KEY, EMPTY, FOUR_ROOMS, LAVA -> describeRoom(id);
      case CLIFF, DEEP_SEA, FROZEN_LAKE, MEMORY, TAXI -> describeClassic(id);
      default -> throw unknown(id);
    };
  }

  private Description describeRoom(String id) {
    return switch (id) {
      case DOOR_KEY ->
          description(
              "Fetch the key, open the door, walk to the goal.",
              "Actions: up, right, down, left, pick up (on the key's cell), toggle (opens the door"
                  + " next to the agent that carries the key).",
              "Reward: -0.01 per step, 1 for the step to the goal.",
              "Ends: the goal is reached; cut after 10 size^2 steps.",
              "Source: MiniGrid's DoorKey (Chevalier-Boisvert et al. 2023), with plain moves.",
              new Option("size", 5, "cells per side, walls included, 5 .. 16"),
              new Option(
                  "randomLayout", false, "whether wall, door, key and start are drawn anew"));
      case EMPTY ->
          description(
              "Walk to the goal of an empty room.",
              MOVES,
              "Reward: -0.01 per step, 1 for the step to the goal.",
              "Ends: the goal is reached; cut after 4 size^2 steps.",
              "Source: MiniGrid's Empty (Chevalier-Boisvert et al. 2023), with plain moves.",
              new Option("size", 8, "cells per side, walls included, 4 .. 32"),
              RANDOM_START,
              RANDOM_GOAL);
      case FOUR_ROOMS ->
          description(
              "Walk to the goal through four rooms with narrow doors.",
              MOVES,
              "Reward: -0.01 per step, 1 for the step to the goal.",
              "Ends: the goal is reached; cut after 500 steps.",
              "Source: the rooms of Sutton, Precup and Singh (1999), with sure moves.",
              RANDOM_START,
              RANDOM_GOAL);
      case LAVA ->
          description(
              "Walk to the goal through the gap in a wall of lava.",
              MOVES,
              "Reward: -0.01 per step, 1 for the step to the goal, -1 for the step into the lava.",
              "Ends: the goal or the lava is reached; cut after 4 size^2 steps.",
              "Source: MiniGrid's LavaGap (Chevalier-Boisvert et al. 2023), with plain moves.",
              new Option("size", 7, "cells per side, walls included, 5 .. 32"),
              new Option(
                  "randomGap", false, "whether each episode has its lava and gap elsewhere"));
      default -> throw unknown(id);
    };
  }

  private Description describeClassic(String id) {
    return switch (id) {
      case CLIFF ->
          description(
              "Walk along a cliff without falling.",
              MOVES,
              "Reward: -1 per step, -100 for a step off the cliff, which leads back to the start.",
              "Ends: the goal is reached; cut after 200 steps.",
              "Source: Sutton and Barto (2018), example 6.6.");
      case DEEP_SEA ->
          description(
              "Find the treasure that only one of 2^size ways leads to.",
              "Actions: 0 and 1; which one moves right differs from cell to cell, the other one"
                  + " moves left. Every step sinks one row.",
              "Reward: -0.01 / size for each move right, and 1 for the treasure.",
              "Ends: after exactly size steps.",
              "Source: Osband et al. (2020), Behaviour suite.",
              new Option("size", 10, "cells per side, 2 .. 100"),
              new Option("mixedActions", true, "false: action 1 moves right everywhere"),
              new Option("mappingSeed", 0, "decides which action moves right where"));
      case FROZEN_LAKE ->
          description(
              "Cross a frozen lake without breaking in.",
              MOVES + " On slippery ice the agent goes there or to either side, 1/3 each.",
              "Reward: 1 for the step to the goal, else 0. Solved at 0.7 (4x4) and 0.85 (8x8).",
              "Ends: the goal or a hole is reached; cut after 100 (4x4) or 200 (8x8) steps.",
              "Source: equal to Gymnasium's FrozenLake-v1.",
              new Option("map", "4x4", "4x4 or 8x8"),
              new Option("slippery", true, "false: every move goes where it should"));
      case MEMORY ->
          description(
              "Remember at the end of a corridor which way the sign at its start pointed.",
              MOVES,
              "Reward: -0.01 per step, 1 for the step to the chest that the sign named, 0 for the"
                  + " other. Best mean return: 1 - 0.01 (length - 1) with memory (0.93 at length 8),"
                  + " 0.5 - 0.01 (length - 1) without (0.43).",
              "Ends: a chest is reached; cut after 4 length^2 steps.",
              "Source: the T-maze of Bakker (2001), with the moves and rewards of the worlds here;"
                  + " MiniGrid's Memory is of the same kind.",
              new Option(
                  "length", 8, "cells of the corridor, start and junction included, 2 .. 64"));
      case TAXI ->
          description(
              "Fetch a passenger and drive them where they want to go.",
              "Actions: up, right, down, left, pick up, drop off.",
              "Reward: -1 per step, 20 for the delivery; without a mask -10 for a wrong pick-up or"
                  + " drop-off.",
              "Ends: the passenger is delivered; cut after 200 steps.",
              "Source: Dietterich (2000); rewards and mask of Gymnasium's Taxi-v3.",
              new Option("mask", true, "whether useless actions are illegal"));
      default -> throw unknown(id);
    };
  }

  private static Description description(
      String summary, String actions, String reward, String end, String source, Option... own) {
    List<Option> options = new ArrayList<>(List.of(own));
    options.add(OBSERVATION);
    return new Description(summary, String.join("\n", actions, reward, end, source), options);
  }

  @Override
  public Controls controls(String id, Map<String, Object> options) {
    return switch (id) {
      case CLIFF, EMPTY, FOUR_ROOMS, FROZEN_LAKE, LAVA, MEMORY ->
          Controls.puzzle(MOVE_NAMES, MOVE_KEYS);
      case DEEP_SEA ->
          Controls.puzzle(List.of("action 0", "action 1"), List.of(Key.DIGIT_0, Key.DIGIT_1));
      case DOOR_KEY -> moves("pick up", "toggle");
      case TAXI -> moves("pick up", "drop off");
      default -> throw unknown(id);
    };
  }

  /// The four moves, one action with the button and one with the first digit.
  private static Controls moves(String button, String digit) {
    List<String> names = new ArrayList<>(MOVE_NAMES);
    names.addAll(List.of(button, digit));
    List<Key> keys = new ArrayList<>(MOVE_KEYS);
    keys.addAll(List.of(Key.FIRE, Key.DIGIT_1));
    return Controls.puzzle(names, keys);
  }

  @Override
  public Environment create(String id, Map<String, Object> options) {
    Options read = Options.of(id, options, describe(id).options());
    return new GridEnvironment(world(id, read), form(read));
  }

  @Override
  public VectorEnvironment createBatch(String id, Map<String, Object> options, int count) {
    Options read = Options.of(id, options, describe(id).options());
    return new GridBatch(id, world(id, read), form(read), count);
  }

  private static World world(String id, Options read) {
    return switch (id) {
      case CLIFF -> new CliffWalking();
      case DEEP_SEA ->
          new DeepSea(
              read.integer("size", 2, 100),
              read.flag("mixedActions"),
              read.integer("mappingSeed", Integer.MIN_VALUE, Integer.MAX_VALUE));
      case DOOR_KEY -> new DoorKey(read.integer("size", 5, 16), read.flag("randomLayout"));
      case EMPTY ->
          Rooms.empty(
              read.integer("size", 4, 32), read.flag("randomStart"), read.flag("randomGoal"));
      case FOUR_ROOMS -> Rooms.four(read.flag("randomStart"), read.flag("randomGoal"));
      case FROZEN_LAKE ->
          read.text("map", "4x4", "8x8").equals("4x4")
              ? FrozenLake.small(read.flag("slippery"))
              : FrozenLake.large(read.flag("slippery"));
      case LAVA -> new LavaGap(read.integer("size", 5, 32), read.flag("randomGap"));
      case MEMORY -> new Memory(read.integer("length", 2, 64));
      case TAXI -> new Taxi(read.flag("mask"));
      default -> throw new IllegalArgumentException("no world has the id \"" + id + "\"");
    };
  }

  private static Planes.Form form(Options read) {
    String image = Planes.Form.IMAGE.label();
    return read.text(OBSERVATION.name(), Planes.Form.ONE_HOT.label(), image).equals(image)
        ? Planes.Form.IMAGE
        : Planes.Form.ONE_HOT;
  }

  private IllegalArgumentException unknown(String id) {
    return new IllegalArgumentException(
        "GridWorlds has no environment \"" + id + "\"; it has " + ids());
  }
}
