package org.jarl.replay;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.EnvironmentSpec.Padding;
import org.jarl.env.EnvironmentSpec.Stacking;
import org.jarl.env.Space;
import org.jarl.env.Space.Box;
import org.jarl.env.Space.Discrete;
import org.jarl.env.Space.MultiDiscrete;
import org.jarl.env.StepBatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DemonstrationTest {
  private static final EnvironmentSpec LINE =
      EnvironmentSpec.of(Box.bounded(0f, 9f, 2), new Discrete(5))
          .withStacking(Box.bounded(0f, 9f, 2), new Stacking(2, Padding.FIRST));

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
  void aBufferFilledFromAFileIsThatOfWhoPlayed(int seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    int depth = 1 + random.nextInt(4);
    Box space = random.nextBoolean() ? Box.f32(depth, 3) : Box.u8(depth, 2, 3);
    Space action =
        switch (seed % 3) {
          case 0 -> new Discrete(5);
          case 1 -> new MultiDiscrete(List.of(5, 5));
          default -> Box.bounded(-1f, 1f, 3);
        };
    EnvironmentSpec spec =
        EnvironmentSpec.of(space, action).withStacking(space, new Stacking(depth, Padding.ZEROS));
    ReplaySettings settings = new ReplaySettings(100, spec, 1, 3, 0.9f);
    StackedSteps steps = new StackedSteps(settings);
    Path file = folder.resolve("played");
    try (var played = new ReplayBuffer(settings);
        var read = new ReplayBuffer(settings)) {
      try (var writer = new DemonstrationWriter(file, "any text: \u00e4", spec)) {
        steps.begin();
        played.begin(steps.batch);
        writer.begin(7, steps.batch.observations());
        for (int i = 0; i < 150; i++) {
          steps.step(random, 0.2);
          played.add(steps.actions, steps.batch);
          writer.add(steps.actions, steps.batch);
          if (steps.batch.gameEnded(0)) {
            writer.begin(8 + i, steps.batch.observations());
          }
        }
        assertEquals(150, writer.steps());
      }
      try (var reader = new DemonstrationReader(file)) {
        assertEquals("any text: \u00e4", reader.header());
        reader.expect(spec);
        StepBatch batch = StepBatch.allocate(spec, 1, Arena.ofAuto());
        ActionBatch actions = new ActionBatch(action, 1);
        assertTrue(reader.begin(batch));
        read.begin(batch);
        while (reader.step(actions, batch)) {
          read.add(actions, batch);
        }
      }
      assertArrayEquals(Bytes.save(played), Bytes.save(read));
    }
  }

  @Test
  void anEpisodeThatWasLeftIsTruncated() throws IOException {
    ReplaySettings settings = new ReplaySettings(100, LINE, 1, 1, 0.9f);
    StackedSteps steps = new StackedSteps(settings);
    Path file = folder.resolve("left");
    byte[] left;
    byte[] begun;
    try (var writer = new DemonstrationWriter(file, "", LINE)) {
      steps.begin();
      writer.begin(1, steps.batch.observations());
      steps.step(0);
      writer.add(steps.actions, steps.batch);
      left = bytes(steps.batch.observations());
      writer.begin(2, steps.batch.observations());
      steps.begin();
      writer.begin(3, steps.batch.observations());
      begun = bytes(steps.batch.observations());
      steps.step(0);
      writer.add(steps.actions, steps.batch);
    }
    try (var reader = new DemonstrationReader(file)) {
      reader.expect(LINE);
      StepBatch batch = StepBatch.allocate(LINE, 1, Arena.ofAuto());
      ActionBatch actions = new ActionBatch(LINE.actionSpace(), 1);
      assertTrue(reader.begin(batch));
      assertTrue(reader.step(actions, batch));
      assertTrue(batch.truncated()[0]);
      assertFalse(batch.terminated()[0]);
      assertArrayEquals(left, bytes(batch.finalObservations()));
      assertArrayEquals(begun, bytes(batch.observations()));
      assertTrue(reader.step(actions, batch));
      assertFalse(batch.ended(0));
      assertFalse(reader.step(actions, batch));
      assertFalse(reader.step(actions, batch));
    }
  }

  private static byte[] bytes(java.lang.foreign.MemorySegment memory) {
    return memory.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
  }

  private Path two() throws IOException {
    Path file = folder.resolve("two");
    StackedSteps steps = new StackedSteps(new ReplaySettings(100, LINE, 1, 1, 0.9f));
    steps.actions.indices()[0] = 4;
    try (var writer = new DemonstrationWriter(file, "", LINE)) {
      steps.begin();
      writer.begin(1, steps.batch.observations());
      steps.step(0);
      writer.add(steps.actions, steps.batch);
    }
    return file;
  }

  @Test
  void recordsOfAnotherEnvironmentAreRefused() throws IOException {
    Path file = two();
    try (var reader = new DemonstrationReader(file)) {
      reader.expect(EnvironmentSpec.of(Box.bounded(0f, 9f, 3), new Discrete(5)));
      assertEquals(
          file + " is damaged: record 1 has 17 bytes and is no step of this environment",
          assertThrows(DemonstrationFormatException.class, reader::next).getMessage());
    }
    try (var reader = new DemonstrationReader(file)) {
      EnvironmentSpec fewer =
          EnvironmentSpec.of(LINE.observationSpace(), new Discrete(4))
              .withStacking(LINE.observationSpace(), LINE.stacking());
      reader.expect(fewer);
      StepBatch batch = StepBatch.allocate(fewer, 1, Arena.ofAuto());
      ActionBatch actions = new ActionBatch(fewer.actionSpace(), 1);
      assertTrue(reader.begin(batch));
      assertEquals(
          file + " is damaged: in record 2 the action of copy 0 must be in 0 .. 3, got 4",
          assertThrows(DemonstrationFormatException.class, () -> reader.step(actions, batch))
              .getMessage());
    }
  }

  @Test
  void otherFilesAreRefused() throws IOException {
    Path file = Files.writeString(folder.resolve("text"), "JARLDEMO is not all of it");
    assertEquals(
        file + " has version 544434464, this Jarl reads version 1",
        assertThrows(DemonstrationFormatException.class, () -> new DemonstrationReader(file))
            .getMessage());
    Files.writeString(file, "precious");
    assertEquals(
        file + " holds no demonstrations; write some with: jarl play ENV --demonstrations FILE",
        assertThrows(DemonstrationFormatException.class, () -> new DemonstrationReader(file))
            .getMessage());
    assertThrows(FileAlreadyExistsException.class, () -> new DemonstrationWriter(file, "", LINE));
    assertEquals(
        folder
            + " is no regular file, so it holds no demonstrations; write some with: jarl play ENV"
            + " --demonstrations FILE",
        assertThrows(DemonstrationFormatException.class, () -> new DemonstrationReader(folder))
            .getMessage());
    Path whole = two();
    Files.write(file, java.util.Arrays.copyOf(Files.readAllBytes(whole), 15));
    assertEquals(
        file + " ends within its header",
        assertThrows(DemonstrationFormatException.class, () -> new DemonstrationReader(file))
            .getMessage());
  }

  @Test
  void aHeaderIsBounded() {
    assertEquals(
        "the header of demonstrations must have at most 65,536 bytes, got 65,537",
        assertThrows(
                IllegalArgumentException.class,
                () -> new DemonstrationWriter(folder.resolve("long"), "x".repeat(65_537), LINE))
            .getMessage());
    assertFalse(Files.exists(folder.resolve("long")));
  }
}
