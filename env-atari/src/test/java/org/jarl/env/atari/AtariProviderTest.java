package org.jarl.env.atari;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jarl.env.EnvironmentProvider.Description;
import org.jarl.env.EnvironmentProvider.Health;
import org.jarl.env.EnvironmentProvider.Option;
import org.jarl.env.EnvironmentUnavailableException;
import org.jarl.env.Environments;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtariProviderTest {
  @TempDir private Path folder;

  private AtariProvider provider() {
    return new AtariProvider(new RomFolder(folder.resolve("roms"), Games.ale()));
  }

  private String refused(String id, Map<String, Object> options) {
    return String.valueOf(
        assertThrows(IllegalArgumentException.class, () -> provider().resolve(id, options), id)
            .getMessage());
  }

  @Test
  void ourCartridgesAndEveryGameOfTheTableAreListed() {
    List<String> ids = provider().ids();
    assertEquals(2 + 104, ids.size());
    assertTrue(
        ids.containsAll(
            List.of(
                "atari/wallball-v1", "atari/duel-v1", "atari/pong-v5", "atari/space-invaders-v5")),
        ids.toString());
    try (Environments all = Environments.discover(List.of())) {
      assertTrue(all.ids().containsAll(ids), all.ids() + ", problems: " + all.problems());
    }
  }

  @Test
  void everyEnvironmentIsDescribedWithTheDefaultsOfTheDefaultProtocol() {
    for (String id : provider().ids()) {
      Description description = provider().describe(id);
      assertTrue(!description.summary().isBlank() && !description.details().isBlank(), id);
      Map<String, Object> resolved = provider().resolve(id, Map.of());
      assertEquals("gymnasium-v5", resolved.get("protocol"));
      assertEquals(
          List.copyOf(resolved.keySet()),
          description.options().stream().map(Option::name).toList());
      for (Option option : description.options()) {
        assertEquals(option.defaultValue(), resolved.get(option.name()), id + option.name());
        assertTrue(!option.meaning().isBlank(), option.name());
      }
    }
    assertTrue(
        provider().describe("atari/pong-v5").details().contains("Actions: noop, fire, right, left"),
        provider().describe("atari/pong-v5").details());
  }

  @Test
  void theProtocolSetsWhatIsNotGiven() {
    Map<String, Object> resolved =
        provider().resolve("atari/pong-v5", Map.of("protocol", "dqn2015", "stack", 2));
    assertEquals(2, resolved.get("stack"));
    assertEquals(true, resolved.get("terminalOnLifeLoss"));
    assertEquals("gray", resolved.get("observation"));
    assertEquals(84, resolved.get("size"));
    assertEquals(0.0, resolved.get("repeatActionProbability"));
    assertEquals(
        resolved, provider().resolve("atari/pong-v5", resolved), "resolving again changes nothing");
  }

  @Test
  void probabilitiesAreShownAsTheyWereWritten() {
    Map<String, Object> resolved =
        provider().resolve("atari/pong-v5", Map.of("repeatActionProbability", 0.1));
    assertEquals(0.1, resolved.get("repeatActionProbability"));
  }

  @Test
  void modesAndDifficultiesAreThoseOfTheGame() {
    Map<String, Object> resolved = provider().resolve("atari/battle-zone-v5", Map.of());
    assertEquals(1, resolved.get("mode"));
    assertEquals(
        "option \"mode\" of \"atari/battle-zone-v5\" must be one of [1, 2, 3], got 0",
        refused("atari/battle-zone-v5", Map.of("mode", 0)));
    assertEquals(
        "option \"difficulty\" of \"atari/battle-zone-v5\" must be 0, got 1",
        refused("atari/battle-zone-v5", Map.of("difficulty", 1)));
  }

  /// Breakout itself has twelve.
  @Test
  void cartridgesThatOnlyFollowAGameHaveOneMode() {
    assertEquals(4, provider().resolve("atari/breakout-v5", Map.of("mode", 4)).get("mode"));
    assertEquals(
        "option \"mode\" of \"atari/wallball-v1\" must be 0, got 4",
        refused("atari/wallball-v1", Map.of("mode", 4)));
  }

  @Test
  void impossibleValuesAreNamed() {
    assertEquals(
        "option \"protocol\" of \"atari/pong-v5\" must be one of [dqn2013, dqn2015, machado2018,"
            + " cleanrl, sb3, gymnasium-v5], got \"dqn215\". Did you mean \"dqn2015\"?",
        refused("atari/pong-v5", Map.of("protocol", "dqn215")));
    assertEquals(
        "option \"frameSkip\" of \"atari/pong-v5\" must be in 1 .. 3600, got 0",
        refused("atari/pong-v5", Map.of("frameSkip", 0)));
    assertEquals(
        "option \"repeatActionProbability\" of \"atari/pong-v5\" must be in [0.0, 1.0], got 1.5",
        refused("atari/pong-v5", Map.of("repeatActionProbability", 1.5)));
    assertEquals(
        "option \"size\" of \"atari/pong-v5\" must be in 0 .. 160, got 200",
        refused("atari/pong-v5", Map.of("size", 200)));
    assertEquals(
        "option \"observation\" of \"atari/pong-v5\" must be one of [gray, rgb, ram], got \"grey\"."
            + " Did you mean \"gray\"?",
        refused("atari/pong-v5", Map.of("observation", "grey")));
  }

  @Test
  void unknownOptionsAreRefused() {
    var refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> provider().create("atari/wallball-v1", Map.of("frameskip", 4)));
    String message = String.valueOf(refused.getMessage());
    assertTrue(
        message.startsWith(
            "unknown option \"frameskip\" of \"atari/wallball-v1\". Did you mean"
                + " \"frameSkip\"?"),
        message);
  }

  @Test
  void aGameWithoutItsRomSaysHowToBringIt() {
    assertNull(provider().missing("atari/wallball-v1"));
    String missing = "the ROM of Pong is not here: import yours with: jarl roms import DIR";
    assertEquals(missing, provider().missing("atari/pong-v5"));
    var refused =
        assertThrows(
            EnvironmentUnavailableException.class,
            () -> provider().create("atari/pong-v5", Map.of()));
    assertEquals(missing, refused.getMessage());
  }

  @Test
  void theDoctorSaysHowManyGamesAreThere() {
    Health health = provider().health().getLast();
    assertEquals("0 of 104 games in " + folder.resolve("roms"), health.text());
    assertTrue(health.optional());
    assertTrue(String.valueOf(health.remedy()).endsWith("jarl roms import DIR"), health.remedy());
  }
}
