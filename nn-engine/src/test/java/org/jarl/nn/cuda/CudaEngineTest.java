package org.jarl.nn.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jarl.nn.DType;
import org.jarl.nn.Engine;
import org.jarl.nn.Graph;
import org.jarl.nn.GraphCase;
import org.jarl.nn.GraphCases;
import org.jarl.nn.Initializer;
import org.jarl.nn.Module;
import org.jarl.nn.Optimizer;
import org.jarl.nn.Parameter;
import org.jarl.nn.Precision;
import org.jarl.nn.Program;
import org.jarl.nn.RoundsCase;
import org.jarl.nn.RowTable;
import org.jarl.nn.Scope;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;
import org.jarl.nn.Variables;
import org.jarl.nn.cpu.CpuEngine;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// What programs promise, on a GPU.
@WithEmulatedDriver
@SuppressWarnings("NullAway.Init") // set before all tests
class CudaEngineTest {
  private static Engine cpu;
  private static Engine cuda;

  @BeforeAll
  static void open() {
    cpu = new CpuEngine(1);
    cuda = new CudaEngine(1, Precision.FP32);
  }

  @AfterAll
  static void close() {
    cpu.close();
    cuda.close();
  }

  private static float at(MemorySegment memory, int index) {
    return memory.getAtIndex(ValueLayout.JAVA_FLOAT, index);
  }

  private static void set(MemorySegment memory, int index, float value) {
    memory.setAtIndex(ValueLayout.JAVA_FLOAT, index, value);
  }

  static Stream<GraphCase> cases() {
    return GraphCases.all().stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyOperationAndModuleAgreesWithTheCpu(GraphCase graphCase) {
    List<double[]> want = graphCase.run(cpu, "cases.");
    List<double[]> got = graphCase.run(cuda, "cases.");
    for (int i = 0; i < want.size(); i++) {
      double error = GraphCase.relativeError(want.get(i), got.get(i));
      assertTrue(error < 1e-4, "result " + i + " is off by " + error);
    }
  }

  @ParameterizedTest
  @CsvSource({"1,1,1", "5,5,5", "5,3,3", "5,4,4", "5,0,0", "1,0,0"})
  void roundsAreRunsOneAfterTheOther(int rounds, int stopAt, int taken) {
    RoundsCase rule = new RoundsCase(rounds, stopAt);
    String name = "rounds " + rounds + stopAt;
    RoundsCase.Seen want = rule.byHand(cuda, name + " by hand");
    RoundsCase.Seen got = rule.together(cuda, name);
    assertEquals(taken, got.taken());
    assertArrayEquals(want.outputs(), got.outputs());
    assertArrayEquals(want.state(), got.state());
    RoundsCase.Seen plain = rule.together(cpu, name);
    assertArrayEquals(plain.outputs(), got.outputs(), 1e-5f);
    assertArrayEquals(plain.state(), got.state(), 1e-5f);
  }

  /// A counter and the inputs of ten runs that are started one after the other.
  @Test
  void inputsMayBeFilledAgainWhileTheDeviceStillWorks() {
    Variables sum = cuda.variables("sum");
    Parameter total = sum.add("total", Shape.of(3), Initializer.zeros(), new SplittableRandom(1));
    Optimizer plain = new Optimizer(cuda, sum, new Optimizer.Rule.Sgd(0), 0);
    try (Program program =
        cuda.compile(
            "add", g -> plain.minimize(g.variable(total).times(g.input("x", 3)).sum(), -1f))) {
      MemorySegment x = program.input("x");
      for (int run = 1; run <= 10; run++) {
        for (int i = 0; i < 3; i++) {
          set(x, i, run * (i + 1));
        }
        program.run();
      }
      float[] values = new float[sum.elements()];
      sum.read(MemorySegment.ofArray(values));
      assertArrayEquals(new float[] {55, 110, 165}, new float[] {values[0], values[1], values[2]});
    }
  }

  @Test
  void severalRunsInARowAreSoManyRuns() {
    Variables sum = cuda.variables("runs");
    Parameter total = sum.add("total", Shape.of(1), Initializer.zeros(), new SplittableRandom(1));
    Optimizer plain = new Optimizer(cuda, sum, new Optimizer.Rule.Sgd(0), 0);
    try (Program program =
        cuda.compile(
            "add",
            g -> {
              g.output("before", g.variable(total));
              plain.minimize(g.variable(total).times(g.input("x", 1)).sum(), -1f);
            })) {
      set(program.input("x"), 0, 2);
      program.run(7);
      assertEquals(12, at(program.output("before"), 0));
      program.run();
      assertEquals(14, at(program.output("before"), 0));
      assertEquals(1, program.rounds());
    }
  }

  /// The work reads what the program changes, through a program of its own.
  @Test
  void workBesideSeesTheVariablesFromBefore() {
    Variables state = cuda.variables("beside");
    Parameter p = state.add("p", Shape.of(1), Initializer.zeros(), new SplittableRandom(1));
    Optimizer plain = new Optimizer(cuda, state, new Optimizer.Rule.Sgd(0), 0);
    try (Program look = cuda.compile("look", g -> g.output("p", g.variable(p).times(1.5f)));
        Program change =
            cuda.compile(
                "change",
                g -> g.output("loss", plain.minimize(g.variable(p).times(-1).sum(), 1f)))) {
      for (int run = 0; run < 4; run++) {
        int seen = run;
        change.runBeside(() -> {
          look.run();
          assertEquals(1.5f * seen, at(look.output("p"), 0));
        });
        assertEquals(-run, at(change.output("loss"), 0));
      }
      var thrown =
          assertThrows(
              IllegalStateException.class,
              () ->
                  change.runBeside(() -> {
                    throw new IllegalStateException("from the work");
                  }));
      assertEquals("from the work", thrown.getMessage());
      look.run();
      assertEquals(7.5f, at(look.output("p"), 0));
    }
  }

  private static Tensor planes(Graph graph, RowTable table, int images, int depth, int side) {
    return graph.rows(table, graph.input("rows", DType.I32, images, depth), DType.U8, side, side);
  }

  /// Two convolutions and their gradients over stacks of planes that are rows of a table; rows
  /// change between the runs and while one is under way.
  @ParameterizedTest
  @CsvSource({"8,4,0", "3,1,1"})
  void picturesAreReadWhereTheyLie(int size, int stride, int padding) {
    int side = 12;
    int rows = 70;
    SplittableRandom random = new SplittableRandom(7);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate((long) rows * side * side, 64);
      float[][] seen = new float[2][];
      for (long i = 0; i < memory.byteSize(); i++) {
        memory.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
      }
      byte[] before = memory.toArray(ValueLayout.JAVA_BYTE);
      for (int e = 0; e < 2; e++) {
        MemorySegment.copy(before, 0, memory, ValueLayout.JAVA_BYTE, 0, before.length);
        seen[e] = learned(e == 0 ? cpu : cuda, memory, new int[] {side, size, stride, padding});
      }
      assertArrayEquals(seen[0], seen[1], 2e-4f);
      assertNotEquals(seen[0][0], seen[0][1]);
    }
  }

  private static float[] learned(Engine engine, MemorySegment memory, int[] sizes) {
    int side = sizes[0];
    Variables weights = engine.variables("planes " + sizes[1]);
    Parameter kernel =
        weights.add(
            "kernel",
            Shape.of(sizes[1], sizes[1], 4, 5),
            new Initializer.Constant(0.01f),
            new SplittableRandom(3));
    Optimizer adam = new Optimizer(engine, weights, Optimizer.Rule.Adam.withEpsilon(1e-3f), 0);
    float[] losses = new float[6];
    try (RowTable table = engine.table("frames " + sizes[1], memory, (long) side * side);
        Program program =
            engine.compile(
                "planes",
                g -> {
                  Tensor image =
                      planes(g, table, 3, 4, side).permute(0, 2, 3, 1).toF32().times(1f / 255);
                  Tensor y = image.conv2d(g.variable(kernel), sizes[2], sizes[3]);
                  Tensor wanted = g.input("wanted", 5);
                  g.output("loss", adam.minimize(y.minus(wanted).square().mean(), 1e-2f));
                })) {
      table.changed(0, table.rowCount());
      for (int i = 0; i < 5; i++) {
        set(program.input("wanted"), i, i);
      }
      for (int run = 0; run < losses.length; run++) {
        for (int i = 0; i < 12; i++) {
          int row = i == 5 ? -1 : (i * 11 + run) % table.rowCount();
          program.input("rows").setAtIndex(ValueLayout.JAVA_INT, i, row);
        }
        program.run();
        for (int row = run; row < 20 + run; row++) {
          memory
              .asSlice((long) row * side * side, (long) side * side)
              .fill((byte) (13 * run + row));
          table.changed(row, 1);
        }
        losses[run] = at(program.output("loss"), 0);
      }
    }
    return losses;
  }

  @Test
  void pixelsAreNeverLaidOutAsNumbers() {
    try (Program program =
        cuda.compile(
            "pixels",
            g -> {
              Tensor bytes = g.input("x", DType.U8, 2, 4, 20, 20);
              Tensor image = bytes.permute(0, 2, 3, 1).toF32().times(1f / 255);
              g.output("y", image.conv2d(g.input("w", 8, 8, 4, 16), 4, 0));
            })) {
      String text = program.describe();
      assertTrue(text.lines().filter(line -> line.contains("<<<")).count() <= 2, text);
    }
  }

  @Test
  void theSteadyLoopAllocatesNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Variables online = cuda.variables("steady");
    var random = new SplittableRandom(1);
    Module net =
        Scope.of(online, random)
            .linear("a", 12, 8)
            .then(Tensor::relu)
            .then(Scope.of(online, random).linear("b", 8, 2));
    Optimizer adam = new Optimizer(cuda, online, Optimizer.Rule.Adam.withEpsilon(1e-8f), 10f);
    try (Arena arena = Arena.ofConfined();
        RowTable table = cuda.table("steady", arena.allocate(12 * 40, 64), 12);
        Program act = cuda.compile("act", g -> g.output("q", net.apply(g.input("x", 4, 12))));
        Program update =
            cuda.compile(
                "update",
                g -> {
                  Tensor rows = g.input("rows", DType.I32, 16);
                  Tensor x = g.rows(table, rows, DType.U8, 12).toF32();
                  g.output("loss", adam.minimize(net.apply(x).square().mean(), 1e-3f));
                })) {
      Runnable acting =
          () -> {
            act.run();
            set(act.input("x"), 0, at(act.output("q"), 0));
          };
      // Until it is compiled the interpreter boxes what the compiler does not.
      long bytes = Long.MAX_VALUE;
      for (int round = 0; round < 1_000 && bytes > 0; round++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 50; i++) {
          table.changed(i % 40, 1);
          update.run();
          update.runBeside(acting);
          acting.run();
          set(act.input("x"), 1, at(update.output("loss"), 0));
        }
        bytes = threads.getCurrentThreadAllocatedBytes() - before;
      }
      assertEquals(0, bytes);
    }
  }
}
