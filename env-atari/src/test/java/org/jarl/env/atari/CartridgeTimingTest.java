package org.jarl.env.atari;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.bytedeco.ale.ALEInterface;
import org.bytedeco.ale.ALEState;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.jarl.env.RandomStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A television rolls where a frame has another number of lines than the one before. ALE does not
/// mind, but it counts: the number of lines of the last frame is the sixth number after the name of
/// the picture chip in its state.
class CartridgeTimingTest {

  /// Points are made, games end and start meanwhile.
  @ParameterizedTest
  @CsvSource({"wallball, breakout", "duel, pong"})
  void everyFrameHas262Lines(String name, String game, @TempDir Path folder) throws IOException {
    AleLibrary.require();
    Path file = folder.resolve(game + ".bin");
    Files.write(file, Task.cartridge(name).bytes());
    RandomStream random = RandomStream.of(12, "actions");
    Set<Integer> lines = new HashSet<>();
    int games = 0;
    try (ALEInterface ale = new ALEInterface()) {
      ale.setFloat("repeat_action_probability", 0);
      ale.loadROM(file.toString());
      try (IntPointer actions = ale.getMinimalActionSet()) {
        while (games < 2) {
          ale.act(actions.get(random.nextInt((int) actions.limit())));
          lines.add(lines(ale));
          if (ale.game_over()) {
            ale.reset_game();
            games++;
          }
        }
      }
    }
    assertEquals(Set.of(262), lines);
  }

  private static int lines(ALEInterface ale) {
    try (ALEState state = ale.cloneSystemState();
        BytePointer bytes = state.serialize()) {
      byte[] copy = new byte[Math.toIntExact(bytes.limit())];
      bytes.get(copy);
      int at = 0;
      while (copy[at] != 'T' || copy[at + 1] != 'I' || copy[at + 2] != 'A') {
        at++;
      }
      return MemorySegment.ofArray(copy)
          .get(ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), at + 3 + 5 * 4);
    }
  }
}
