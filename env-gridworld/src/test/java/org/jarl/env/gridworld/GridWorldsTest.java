package org.jarl.env.gridworld;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import org.jarl.env.Environment;
import org.jarl.env.Environments;
import org.jarl.env.Frame;
import org.jarl.env.Observation;
import org.jarl.env.RandomStream;
import org.jarl.env.Space;
import org.jarl.env.check.EnvironmentChecker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GridWorldsTest {
  private static final GridWorlds WORLDS = new GridWorlds();

  static List<String> ids() {
    return WORLDS.ids();
  }

  private static Observation start(Environment environment) {
    Space.Box space = environment.spec().observationSpace();
    var out = new Observation(space, MemorySegment.ofArray(new byte[(int) space.bytes()]));
    environment.reset(RandomStream.of(1, "test"), out);
    return out;
  }

  /// Warnings count as well: nothing is allocated per step, and every episode ends.
  @ParameterizedTest
  @MethodSource("ids")
  void theCheckerFindsNothingToComplainAbout(String id) {
    assertEquals(
        List.of(),
        EnvironmentChecker.check(WORLDS, id).stream()
            .filter(finding -> finding.rule().severity() != EnvironmentChecker.Severity.NOTE)
            .toList());
  }

  @Test
  void theProviderIsFoundThroughItsServiceFile() {
    try (Environments found = Environments.discover(List.of())) {
      assertTrue(found.ids().containsAll(WORLDS.ids()), found.ids().toString());
    }
  }

  /// 5 x 5 cells, planes agent, wall, goal: the agent at (1, 1) is element (1 * 5 + 1) * 3.
  @Test
  void planesAreTheLastAxisOfAnObservation() {
    Environment world = WORLDS.create(GridWorlds.EMPTY, Map.of("size", 5));
    Observation oneHot = start(world);
    assertEquals(List.of(75), world.spec().observationSpace().shape());
    assertEquals(1, oneHot.get(18));
    assertEquals(1, oneHot.get(1), "wall in the corner");
    assertEquals(1, oneHot.get((3 * 5 + 3) * 3 + 2), "goal");
    float sum = 0;
    for (int i = 0; i < 75; i++) {
      sum += oneHot.get(i);
    }
    assertEquals(1 + 16 + 1, sum);
  }

  @Test
  void anImageHoldsTheSamePlanesAsBytes() {
    for (String id : WORLDS.ids()) {
      Environment flat = WORLDS.create(id, Map.of());
      Environment image = WORLDS.create(id, Map.of("observation", "image"));
      assertEquals(3, image.spec().observationSpace().shape().size());
      Observation a = start(flat);
      Observation b = start(image);
      assertEquals(a.size(), b.size());
      for (int i = 0; i < a.size(); i++) {
        assertEquals(255 * a.get(i), b.get(i), id + " element " + i);
      }
    }
  }

  @Test
  void everyWorldDrawsItself() {
    for (String id : WORLDS.ids()) {
      Environment world = WORLDS.create(id, Map.of());
      start(world);
      Frame frame = new Frame();
      assertTrue(world.render(frame), id);
      boolean plain = true;
      for (int x = 1; x < frame.width(); x++) {
        plain &= frame.pixel(x, frame.height() / 8) == frame.pixel(0, frame.height() / 8);
      }
      assertFalse(plain, id);
    }
  }

  private static String refusal(String id, Map<String, Object> options) {
    return String.valueOf(
        assertThrows(IllegalArgumentException.class, () -> WORLDS.create(id, options))
            .getMessage());
  }

  @Test
  void wrongOptionsAreNamedWithWhatIsAllowed() {
    assertEquals(
        "option \"size\" of \"gridworld/door-key-v0\" must be in 5 .. 16, got 4",
        refusal(GridWorlds.DOOR_KEY, Map.of("size", 4)));
    assertEquals(
        "option \"size\" of \"gridworld/lava-v0\" must be a whole number, got \"big\"",
        refusal(GridWorlds.LAVA, Map.of("size", "big")));
    assertEquals(
        "option \"map\" of \"gridworld/frozen-lake-v0\" must be one of [4x4, 8x8], got \"4x8\"."
            + " Did you mean \"4x4\"?",
        refusal(GridWorlds.FROZEN_LAKE, Map.of("map", "4x8")));
    assertTrue(
        refusal(GridWorlds.TAXI, Map.of("maks", true))
            .startsWith("unknown option \"maks\" of \"gridworld/taxi-v0\". Did you mean"));
    assertEquals(
        "GridWorlds has no environment \"gridworld/maze-v0\"; it has " + WORLDS.ids(),
        refusal("gridworld/maze-v0", Map.of()));
  }

  @Test
  void everyOptionIsDescribedAndItsDefaultAccepted() {
    for (String id : WORLDS.ids()) {
      for (var option : WORLDS.describe(id).options()) {
        assertFalse(option.meaning().isBlank());
        WORLDS.create(id, Map.of(option.name(), option.defaultValue())).close();
      }
    }
  }
}
