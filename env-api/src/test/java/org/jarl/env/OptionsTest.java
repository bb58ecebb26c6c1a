package org.jarl.env;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jarl.env.EnvironmentProvider.Option;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

final class OptionsTest {
  private static final List<Option> DECLARED =
      List.of(
          new Option("size", 8, "fields per side"),
          new Option("slip", 0.1, "chance"),
          new Option("random", false, "start anywhere"),
          new Option("map", "empty", "which"));

  private static Options read(Map<String, Object> given) {
    return Options.of("grid/maze-v0", given, DECLARED);
  }

  private static void assertRefused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }

  @Test
  void whatIsAbsentTakesItsDefault() {
    Options options = read(Map.of());
    assertEquals(8, options.integer("size", 1, 100));
    assertEquals(0.1, options.number("slip", 0, 1));
    assertEquals(false, options.flag("random"));
    assertEquals("empty", options.text("map"));
  }

  @Test
  void wholeNumbersMayBeGivenWhereANumberIsMeant() {
    Options options = read(Map.of("slip", 1, "size", 5L, "random", true, "map", "rooms"));
    assertEquals(1.0, options.number("slip", 0, 1));
    assertEquals(5, options.integer("size", 1, 100));
    assertTrue(options.flag("random"));
    assertEquals("rooms", options.text("map", "empty", "rooms"));
  }

  @Test
  void allWrongOptionsAreNamedAtOnce() {
    Map<String, Object> given = new LinkedHashMap<>();
    given.put("sise", 3);
    given.put("slip", "much");
    given.put("random", 1);
    given.put("size", 2.5);
    given.put("map", 7);
    given.put("colour", "red");
    assertRefused(
        """
        unknown option "sise" of "grid/maze-v0". Did you mean "size"? Options: [size, slip, random, map].
        option "slip" of "grid/maze-v0" must be a number, got "much"
        option "random" of "grid/maze-v0" must be true or false, got 1
        option "size" of "grid/maze-v0" must be a whole number, got 2.5
        option "map" of "grid/maze-v0" must be a text, got 7
        unknown option "colour" of "grid/maze-v0". Options: [size, slip, random, map].\
        """,
        () -> read(given));
  }

  @Test
  void valuesOutOfRangeAreRefused() {
    assertRefused(
        "option \"size\" of \"grid/maze-v0\" must be in 3 .. 64, got 1",
        () -> read(Map.of("size", 1)).integer("size", 3, 64));
    assertRefused(
        "option \"slip\" of \"grid/maze-v0\" must be in [0.0, 1.0], got 1.5",
        () -> read(Map.of("slip", 1.5)).number("slip", 0, 1));
    assertRefused(
        "option \"map\" of \"grid/maze-v0\" must be one of [empty, rooms], got \"roms\"."
            + " Did you mean \"rooms\"?",
        () -> read(Map.of("map", "roms")).text("map", "empty", "rooms"));
  }

  @Test
  void anUndeclaredOptionIsTheProvidersFault() {
    assertRefused(
        "the provider of \"grid/maze-v0\" declares no option \"size\" of type Boolean;"
            + " declared are [size, slip, random, map]",
        () -> read(Map.of()).flag("size"));
  }

  @Test
  void theNearestNameHasTheFewestWrongLetters() {
    List<String> names = List.of("gamma", "lambda", "learningRate");
    assertEquals("gamma", Nearest.to("gama", names));
    assertEquals("learningRate", Nearest.to("learningrat", names));
    assertEquals("lambda", Nearest.to("LAMBDA", names));
    assertNull(Nearest.to("x", names));
    assertNull(Nearest.to("epsilon", names));
    assertEquals(3, Nearest.distance("kitten", "sitting"));
    assertEquals(4, Nearest.distance("", "four"));
  }
}
