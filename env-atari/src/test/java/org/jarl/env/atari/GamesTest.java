package org.jarl.env.atari;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class GamesTest {
  private static final String LIBRARY = "/org/bytedeco/ale/linux-x86_64/libale.so";

  @Test
  void theEmulatorHoldsTheMd5AndTheNameOfEveryGame() throws IOException {
    String library = library();
    for (Game game : Games.ale().all()) {
      assertTrue(library.contains(game.md5() + "\0"), () -> game.name() + " has another md5 there");
      assertTrue(library.contains(game.name() + "\0"), () -> game.name() + " is not there");
    }
  }

  /// A byte as a letter; texts end with a zero.
  private static String library() throws IOException {
    try (InputStream in = GamesTest.class.getResourceAsStream(LIBRARY)) {
      assertNotNull(in, LIBRARY);
      return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  @Test
  void aGameIsFoundByTheNameOfAleOrOfItsEnvironment() {
    Game game = Games.ale().named("space-invaders");
    assertNotNull(game);
    assertEquals(game, Games.ale().named("space_invaders"));
    assertEquals(game, Games.ale().withMd5("72ffbef6504b75e69ee1045af9075f66"));
    assertEquals("Space Invaders", game.title());
    assertEquals("space-invaders", game.id());
    assertEquals(16, game.modes().size());
    assertEquals(List.of(0, 1), game.difficulties());
    assertEquals(
        List.of("noop", "fire", "right", "left", "right-fire", "left-fire"), game.actionNames());
    assertNull(Games.ale().named("wallball"));
    assertNull(Games.ale().withMd5("d41d8cd98f00b204e9800998ecf8427e"));
  }

  @Test
  void everyLineOfTheTableIsWhole() {
    List<Game> games = Games.ale().all();
    assertEquals(104, games.size());
    assertEquals(games.size(), games.stream().map(Game::md5).distinct().count());
    for (Game game : games) {
      assertTrue(game.name().matches("[a-z0-9_]+"), game.name());
      assertTrue(game.md5().matches("[0-9a-f]{32}"), game.name());
      assertTrue(!game.title().isBlank(), game.name());
      assertTrue(!game.modes().isEmpty() && !game.difficulties().isEmpty(), game.name());
      assertTrue(
          game.actions().stream().allMatch(a -> a >= 0 && a < Game.ACTIONS.size()), game.name());
    }
  }
}
