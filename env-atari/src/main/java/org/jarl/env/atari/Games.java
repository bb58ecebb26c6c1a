package org.jarl.env.atari;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A table of games, found by name and by the md5 of their ROM.
final class Games {
  private static final Games ALE = new Games(read("games.txt"));
  private static final int COLUMNS = 6;

  private final Map<String, Game> byName = new LinkedHashMap<>();
  private final Map<String, Game> byMd5 = new LinkedHashMap<>();

  Games(List<Game> games) {
    for (Game game : games) {
      byName.put(game.name(), game);
      byMd5.put(game.md5(), game);
    }
  }

  /// Those that the emulator of this module knows.
  static Games ale() {
    return ALE;
  }

  /// Every game, by name.
  List<Game> all() {
    return List.copyOf(byName.values());
  }

  /// The game of a name as ALE writes it, or as environment ids do.
  @Nullable Game named(String name) {
    return byName.get(name.replace('-', '_'));
  }

  /// The game of a ROM.
  @Nullable Game withMd5(String md5) {
    return byMd5.get(md5);
  }

  private static List<Game> read(String resource) {
    try (InputStream in = Games.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("this build lacks " + resource);
      }
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return text.lines().filter(line -> !line.startsWith("#")).map(Games::parse).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Game parse(String line) {
    String[] columns = line.split(" ", COLUMNS);
    return new Game(
        columns[0],
        columns[1],
        numbers(columns[2]),
        numbers(columns[3]),
        numbers(columns[4]),
        columns[5]);
  }

  /// `1-3,8` is 1, 2, 3 and 8.
  private static List<Integer> numbers(String text) {
    List<Integer> numbers = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      int dash = part.indexOf('-');
      int first = Integer.parseInt(dash < 0 ? part : part.substring(0, dash));
      int last = dash < 0 ? first : Integer.parseInt(part.substring(dash + 1));
      for (int number = first; number <= last; number++) {
        numbers.add(number);
      }
    }
    return numbers;
  }
}
