package org.jarl.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jarl.nn.cpu.CpuEngine;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoundsTest {
  private static float[] floats(MemorySegment memory) {
    return memory.toArray(ValueLayout.JAVA_FLOAT);
  }

  private static void same(RoundsCase.Seen want, RoundsCase.Seen got) {
    assertEquals(want.taken(), got.taken());
    assertArrayEquals(want.outputs(), got.outputs());
    assertArrayEquals(want.state(), got.state());
  }

  /// Undisturbed, stopped in the middle, in the last and in the first round.
  @ParameterizedTest
  @CsvSource({"1,1,1", "5,5,5", "5,3,3", "5,4,4", "5,0,0", "1,0,0"})
  void roundsAreRunsOneAfterTheOther(int rounds, int stopAt, int taken) {
    RoundsCase rule = new RoundsCase(rounds, stopAt);
    try (Engine one = new CpuEngine(1);
        Engine two = new CpuEngine(2)) {
      RoundsCase.Seen want = rule.byHand(one, "by hand");
      RoundsCase.Seen got = rule.together(one, "together");
      same(want, got);
      same(want, rule.together(two, "together"));
      assertEquals(taken, got.taken());
      assertEquals(taken, got.state()[got.state().length - 16], "steps of the optimizer");
      int width = got.outputs().length / rounds;
      for (int round = 0; round < rounds; round++) {
        assertEquals(round > stopAt, Float.isNaN(got.outputs()[round * width]), "row " + round);
      }
    }
  }

  @Test
  void everyRoundLearnsFromTheOneBefore() {
    try (Engine engine = new CpuEngine(1)) {
      RoundsCase.Seen two = new RoundsCase(2, 2).together(engine, "two");
      RoundsCase.Seen stopped = new RoundsCase(7, 2).together(engine, "seven, stopped");
      RoundsCase.Seen whole = new RoundsCase(7, 7).together(engine, "seven");
      assertArrayEquals(two.state(), stopped.state());
      assertNotEquals(stopped.state()[1], whole.state()[1]);
    }
  }

  /// A condition may be a constant, an input, a parameter or what is an output as well.
  @Test
  void whatEndsARunMayBeComputedInAnyWay() {
    try (Engine engine = new CpuEngine(1)) {
      Variables v = engine.variables("v");
      Shape one = Shape.of(1);
      Parameter p = v.add("p", one, new Initializer.Constant(3), new SplittableRandom(1));
      assertEquals(0, taken(engine, g -> g.stopWhen(g.constant(1))));
      assertEquals(4, taken(engine, g -> g.stopWhen(g.constant(0))));
      assertEquals(4, taken(engine, g -> g.stopWhen(g.constant(Float.NaN))));
      assertEquals(0, taken(engine, g -> g.stopWhen(g.variable(p).reshape())));
      assertEquals(4, taken(engine, g -> g.stopWhen(g.input("x"))));
      assertEquals(
          0,
          taken(
              engine,
              g -> {
                Tensor sum = g.variable(p).sum();
                g.output("sum", sum);
                g.stopWhen(sum);
                g.output("after", sum.exp());
              }));
    }
  }

  private static int taken(Engine engine, Consumer<Graph> trace) {
    Program program = engine.compile("p", 4, trace);
    program.run();
    return program.rounds();
  }

  /// What [Graph#input] gives is seen by all rounds, and an input that nobody reads can be filled.
  @Test
  void buffersHaveARowForEachRound() {
    try (Engine engine = new CpuEngine(1)) {
      Program program =
          engine.compile(
              "rows",
              3,
              g -> {
                Tensor shared = g.input("shared", 2);
                Tensor own = g.inputOfRound("own", DType.F32, 2);
                g.inputOfRound("unused", DType.U8, 5);
                g.output("sum", shared.plus(own));
                g.output("own", own);
                g.output("bytes", g.inputOfRound("bytes", DType.U8, 3));
              });
      assertEquals(8, program.input("shared").byteSize());
      assertEquals(15, program.input("unused").byteSize());
      program.input("shared").copyFrom(MemorySegment.ofArray(new float[] {10, 20}));
      program.input("own").copyFrom(MemorySegment.ofArray(new float[] {1, 2, 3, 4, 5, 6}));
      byte[] bytes = {1, 2, 3, 4, 5, 6, 7, 8, -9};
      program.input("bytes").copyFrom(MemorySegment.ofArray(bytes));
      program.run();
      assertEquals(3, program.rounds());
      assertArrayEquals(new float[] {11, 22, 13, 24, 15, 26}, floats(program.output("sum")));
      assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, floats(program.output("own")));
      assertArrayEquals(bytes, program.output("bytes").toArray(ValueLayout.JAVA_BYTE));
    }
  }

  @ParameterizedTest
  @CsvSource({"1,1", "1,3", "2,1", "2,3"})
  void workBesideSeesTheVariablesBeforeTheFirstRound(int threads, int rounds) {
    try (Engine engine = new CpuEngine(threads)) {
      Variables v = engine.variables("v");
      Initializer zero = Initializer.zeros();
      Parameter p = v.add("p", Shape.of(1), zero, new SplittableRandom(1));
      Optimizer sgd = new Optimizer(engine, v, new Optimizer.Rule.Sgd(0), 0);
      Program down =
          engine.compile(
              "down",
              rounds,
              g -> {
                sgd.minimize(g.variable(p).sum(), 1f);
                g.stopWhen(g.input("stop"));
              });
      Program read = engine.compile("read", g -> g.output("p", g.variable(p)));
      for (int run = 0; run < 20; run++) {
        down.runBeside(read::run);
        assertEquals(-run * rounds, read.output("p").get(ValueLayout.JAVA_FLOAT, 0));
        assertEquals(rounds, down.rounds());
      }
      down.input("stop").set(ValueLayout.JAVA_FLOAT, 0, 1);
      down.runBeside(read::run);
      assertEquals(0, down.rounds());
      read.run();
      assertEquals(-20 * rounds, read.output("p").get(ValueLayout.JAVA_FLOAT, 0));
      assertTrue(down.profile(3).contains("0.00 us  1 x Sgd"), "steps left out take no time");
    }
  }

  @Test
  void whatCannotBeIsRefused() {
    try (Engine engine = new CpuEngine(1)) {
      assertEquals(
          "program p must have at least 1 round, got 0",
          message(() -> engine.compile("p", 0, g -> g.output("x", g.input("x")))));
      Graph graph = new Graph("p");
      Tensor x = graph.inputOfRound("x", DType.F32, 3);
      assertEquals(
          "program p already has an input \"x\"",
          message(() -> graph.inputOfRound("x", DType.F32, 3)));
      assertEquals(
          "stopWhen needs an f32 scalar, got F32 [3] in program p",
          message(() -> graph.stopWhen(x)));
      assertEquals(
          "stopWhen needs an f32 scalar, got I32 [] in program p",
          message(() -> graph.stopWhen(graph.input("i", DType.I32))));
      graph.stopWhen(x.sum());
      assertEquals(
          "stopWhen may be said once: combine the conditions with maximum in program p",
          message(() -> graph.stopWhen(x.mean())));
    }
  }

  private static @Nullable String message(org.junit.jupiter.api.function.Executable call) {
    return assertThrows(IllegalArgumentException.class, call).getMessage();
  }

  @Test
  void runningRoundsAllocatesNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Engine engine = new CpuEngine(1)) {
      Variables v = engine.variables("v");
      Module net = Scope.of(v, new SplittableRandom(1)).linear("a", 12, 16);
      Optimizer adam = new Optimizer(engine, v, Optimizer.Rule.Adam.withEpsilon(1e-8f), 0.5f);
      Program learn =
          engine.compile(
              "learn",
              4,
              g -> {
                Tensor rows = g.inputOfRound("rows", DType.I32, 32);
                Tensor y = net.apply(g.input("x", 50, 12).indexSelect(rows)).tanh();
                Tensor pooled = y.reshape(2, 4, 4, 16).maxPool2d(3, 2, 1);
                Tensor loss = pooled.square().mean();
                Tensor rate = g.inputOfRound("rate", DType.F32);
                g.output("loss", adam.minimize(loss, rate));
                g.stopWhen(loss.minus(1e9f));
              });
      // Until it is compiled the interpreter boxes what the compiler does not.
      long bytes = Long.MAX_VALUE;
      for (int turn = 0; turn < 2_000 && bytes > 0; turn++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 500; i++) {
          learn.run();
        }
        bytes = threads.getCurrentThreadAllocatedBytes() - before;
      }
      assertEquals(4, learn.rounds());
      assertEquals(0, bytes, "bytes allocated by 500 runs, warm");
    }
  }

  /// Rows of stacks of frames and of whole numbers, in slices.
  @ParameterizedTest
  @CsvSource({"1,U8,28224", "2,U8,28224", "2,U8,4", "2,I32,1", "2,I32,7", "2,F32,1"})
  void rowsAreTakenWithTheirBytes(int threads, DType type, int width) {
    int rows = 40;
    int taken = width < 10 ? 1000 : 33;
    SplittableRandom random = new SplittableRandom(width);
    byte[] from = new byte[rows * width * type.bytes()];
    random.nextBytes(from);
    int[] indices = random.ints(taken, 0, rows).toArray();
    try (Engine engine = new CpuEngine(threads)) {
      Program program =
          engine.compile(
              "take",
              g -> {
                Tensor x =
                    width == 28224
                        ? g.input("x", type, rows, 4, 84, 84)
                        : g.input("x", type, rows, width);
                g.output("y", x.indexSelect(g.input("i", DType.I32, taken)));
              });
      program.input("x").copyFrom(MemorySegment.ofArray(from));
      program.input("i").copyFrom(MemorySegment.ofArray(indices));
      program.run();
      byte[] got = program.output("y").toArray(ValueLayout.JAVA_BYTE);
      int bytes = width * type.bytes();
      byte[] want = new byte[taken * bytes];
      for (int i = 0; i < taken; i++) {
        System.arraycopy(from, indices[i] * bytes, want, i * bytes, bytes);
      }
      assertArrayEquals(want, got);
    }
  }
}
