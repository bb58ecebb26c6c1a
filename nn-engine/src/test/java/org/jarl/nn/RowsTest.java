package org.jarl.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jarl.nn.cpu.CpuEngine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RowsTest {
  private static Stream<RowsCase> cases() {
    return RowsCase.all().stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void rowsAreThoseOfTheReference(RowsCase rule) {
    double[] want = rule.wanted();
    double[] halves = Arrays.stream(want).map(v -> (float) v * 0.5f).toArray();
    for (int threads : new int[] {1, 3}) {
      try (Engine engine = new CpuEngine(threads);
          Engine distant = new DistantEngine(threads)) {
        for (Engine each : List.of(engine, distant)) {
          assertArrayEquals(want, rule.run(each).get(0));
          assertArrayEquals(halves, rule.run(each).get(1));
        }
      }
    }
  }

  /// The lists are what rows 3, 4, 0 and none hold, doubled.
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void workBesideARunMayWriteToTheTable(int threads) {
    List<Float> old = List.of(26f, 28f, 20f, 0f);
    List<Float> fresh = List.of(46f, 48f, 40f, 0f);
    try (Engine engine = new CpuEngine(threads);
        Engine distant = new DistantEngine(threads)) {
      for (int i = 0; i < 50; i++) {
        assertEquals(List.of(old, old, fresh), RowsCase.beside(engine, 1));
        assertEquals(List.of(old, fresh, fresh), RowsCase.beside(engine, 3));
        assertEquals(List.of(old, old, fresh), RowsCase.beside(distant, 1));
        assertEquals(List.of(old, fresh, fresh), RowsCase.beside(distant, 3));
      }
    }
  }

  @Test
  void rowsMayLieBeyondTwoGibibytes(@TempDir Path folder) throws IOException {
    long rowBytes = 1 << 20;
    int rowCount = 3000;
    try (Arena arena = Arena.ofShared();
        FileChannel file =
            FileChannel.open(
                folder.resolve("sparse"),
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE);
        Engine engine = new CpuEngine(2)) {
      MemorySegment rows = file.map(FileChannel.MapMode.READ_WRITE, 0, rowCount * rowBytes, arena);
      for (int row : new int[] {0, 2047, 2048, 2999}) {
        rows.set(ValueLayout.JAVA_INT, row * rowBytes, row + 1);
        rows.set(ValueLayout.JAVA_INT, (row + 1) * rowBytes - 4, -row);
      }
      RowTable table = engine.table("large", rows, rowBytes);
      int[] indices = {2999, 2047, 2048, -1, 0};
      Program program =
          engine.compile(
              "large",
              g -> g.output("y", g.rows(table, g.input("i", DType.I32, 5), DType.I32, 1 << 18)));
      MemorySegment.copy(indices, 0, program.input("i"), ValueLayout.JAVA_INT, 0, 5);
      table.changed(2990, 10);
      program.run();
      for (int i = 0; i < 5; i++) {
        int row = indices[i];
        MemorySegment y = program.output("y");
        assertEquals(row + 1, y.get(ValueLayout.JAVA_INT, i * rowBytes));
        assertEquals(row < 0 ? 0 : -row, y.get(ValueLayout.JAVA_INT, (i + 1) * rowBytes - 4));
      }
    }
  }

  @Test
  void anIndexBeyondTheTableIsRefusedBeforeAnythingChanges() {
    try (Arena arena = Arena.ofShared();
        Engine engine = new CpuEngine(1)) {
      RowTable table = engine.table("faces", arena.allocate(4 * 10, 64), 4);
      Variables v = engine.variables("v");
      Parameter p = v.add("p", Shape.of(1), new Initializer.Constant(3), new SplittableRandom(1));
      Optimizer adam = new Optimizer(engine, v, Optimizer.Rule.Adam.withEpsilon(1e-8f), 0);
      Program program =
          engine.compile(
              "p",
              g -> {
                Tensor rows = g.rows(table, g.input("i", DType.I32, 3), DType.F32);
                Tensor loss = rows.plus(1).times(g.variable(p)).sum();
                g.output("loss", adam.minimize(loss, 0.1f));
              });
      AtomicInteger works = new AtomicInteger();
      for (int index : new int[] {10, -2, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
        program.input("i").setAtIndex(ValueLayout.JAVA_INT, 1, index);
        String message =
            "table faces has rows 0 to 9, or -1 for zeros, and index 1 of 3 is " + index;
        assertRefused(message, program::run);
        assertRefused(message, () -> program.runBeside(works::incrementAndGet));
      }
      assertEquals(0, works.get());
      float[] value = new float[16];
      v.read(MemorySegment.ofArray(value));
      assertEquals(3, value[0]);
      program.input("i").setAtIndex(ValueLayout.JAVA_INT, 1, 9);
      program.run();
      v.read(MemorySegment.ofArray(value));
      assertEquals(2.9f, value[0], 1e-3f, "a parameter that rows are multiplied with learns");
    }
  }

  @Test
  void whatCannotBeRowsIsRefused() {
    try (Arena arena = Arena.ofShared();
        Engine engine = new CpuEngine(1)) {
      MemorySegment memory = arena.allocate(24, 64);
      assertRefused(
          "table t needs whole rows of 5 bytes in memory outside the heap, got 24 bytes outside it",
          () -> engine.table("t", memory, 5));
      assertRefused(
          "table t needs whole rows of 0 bytes in memory outside the heap, got 24 bytes outside it",
          () -> engine.table("t", memory, 0));
      assertRefused(
          "table t needs whole rows of 4 bytes in memory outside the heap, got 8 bytes in it",
          () -> engine.table("t", MemorySegment.ofArray(new byte[8]), 4));
      assertRefused(
          "table t may have at most 2147483647 rows, since indices are i32, got 3000000000",
          () -> engine.table("t", MemorySegment.ofAddress(64).reinterpret(3_000_000_000L), 1));
      RowTable table = engine.table("t", memory, 4);
      assertEquals(6, table.rowCount());
      table.changed(6, 0);
      assertRefused(
          "table t has rows 0 to 5, and 2 from 5 on are said to have changed",
          () -> table.changed(5, 2));
      assertRefused(
          "table t has rows 0 to 5, and 1 from -1 on are said to have changed",
          () -> table.changed(-1, 1));
      Graph graph = new Graph("g");
      Tensor indices = graph.input("i", DType.I32, 2);
      assertContains(
          "rows needs 4 bytes for each row of table t of 6 rows of 4 bytes, got U8 [3] of 3",
          () -> graph.rows(table, indices, DType.U8, 3));
      assertContains(
          "rows needs an i32 input as indices, got F32 [2]",
          () -> graph.rows(table, graph.input("x", 2), DType.U8, 4));
      assertContains(
          "rows needs an i32 input as indices, got I32 [2]",
          () -> graph.rows(table, indices.reshape(1, 2).reshape(2), DType.U8, 4));
    }
  }

  private static void assertRefused(String message, Executable made) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, made).getMessage());
  }

  private static void assertContains(String message, Executable made) {
    String got = String.valueOf(assertThrows(IllegalArgumentException.class, made).getMessage());
    assertTrue(got.contains(message), got);
  }

  @Test
  void thePlanNamesTheTable() {
    try (Arena arena = Arena.ofShared();
        Engine engine = new CpuEngine(1)) {
      RowTable table = engine.table("faces", arena.allocate(4 * 10, 64), 4);
      Program program =
          engine.compile(
              "p",
              g -> g.output("y", g.rows(table, g.input("i", DType.I32, 3), DType.F32).square()));
      String text = "of table faces of 10 rows of 4 bytes";
      assertTrue(program.describe().contains(text), program.describe());
      assertTrue(program.profile(2).contains(text));
    }
  }

  @Test
  void takingRowsAllocatesNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Arena arena = Arena.ofShared();
        Engine engine = new CpuEngine(1)) {
      RowTable table = engine.table("faces", arena.allocate(100 * 10, 64), 100);
      Program program =
          engine.compile(
              "p",
              g -> {
                Tensor rows = g.rows(table, g.input("i", DType.I32, 8), DType.U8, 100);
                g.output("y", rows.toF32().sum());
              });
      int[] indices = {1, 2, 3, -1, -1, 9, 9, 0};
      MemorySegment.copy(indices, 0, program.input("i"), ValueLayout.JAVA_INT, 0, 8);
      Runnable nothing = () -> {};
      long least = Long.MAX_VALUE;
      for (int round = 0; round < 10_000 && least > 0; round++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 500; i++) {
          table.changed(i % 10, 1);
          program.run();
          program.runBeside(nothing);
        }
        least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
      }
      assertEquals(0, least, "bytes of 500 rounds, warm");
    }
  }
}
