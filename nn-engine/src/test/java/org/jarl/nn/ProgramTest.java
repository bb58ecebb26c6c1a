package org.jarl.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.SplittableRandom;
import org.jarl.nn.cpu.CpuEngine;
import org.junit.jupiter.api.Test;

class ProgramTest {
  private static float at(MemorySegment memory, int index) {
    return memory.getAtIndex(ValueLayout.JAVA_FLOAT, index);
  }

  private static void set(MemorySegment memory, float... values) {
    for (int i = 0; i < values.length; i++) {
      memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, values[i]);
    }
  }

  @Test
  void oneTensorMayBeReadUnderSeveralNamesAndAsItself() {
    try (Engine engine = new CpuEngine(1)) {
      Program program =
          engine.compile(
              "names",
              graph -> {
                Tensor x = graph.input("x", 2);
                Tensor doubled = x.times(2);
                graph.output("input", x);
                graph.output("first", doubled);
                graph.output("second", doubled.reshape(1, 2));
                graph.output("constant", graph.constant(3));
              });
      set(program.input("x"), 1, 2);
      program.run();
      assertEquals(2, at(program.output("input"), 1));
      assertEquals(4, at(program.output("first"), 1));
      assertEquals(4, at(program.output("second"), 1));
      assertEquals(3, at(program.output("constant"), 0));
    }
  }

  @Test
  void unknownNamesAreAnsweredWithTheKnownOnes() {
    try (Engine engine = new CpuEngine(1)) {
      Program program = engine.compile("p", g -> g.output("y", g.input("x", 2).times(2)));
      assertEquals(
          "program p has no input \"z\"; it has [x]",
          assertThrows(IllegalArgumentException.class, () -> program.input("z")).getMessage());
      assertEquals(
          "program p has no output \"z\"; it has [y]",
          assertThrows(IllegalArgumentException.class, () -> program.output("z")).getMessage());
    }
  }

  @Test
  void shapeErrorsNameOperationShapesModuleAndProgram() {
    try (Engine engine = new CpuEngine(1)) {
      Variables variables = engine.variables("net");
      Module head = Scope.of(variables, new SplittableRandom(1)).linear("head", 64, 4);
      var error =
          assertThrows(
              IllegalArgumentException.class,
              () -> engine.compile("act", g -> g.output("q", head.apply(g.input("x", 32, 128)))));
      assertEquals(
          "matmul needs inner sizes to agree, got [32, 128] x [64, 4]: 128 != 64 (module \"head\")"
              + " in program act",
          error.getMessage());
      var types =
          assertThrows(
              IllegalArgumentException.class,
              () -> engine.compile("act", g -> g.input("x", DType.U8, 3).exp()));
      assertEquals(
          "exp needs a tensor of F32, got U8 [3]; call toF32() first in program act",
          types.getMessage());
    }
  }

  @Test
  void constantsMustBeAsManyAsTheShapeHasElements() {
    Graph graph = new Graph("atoms");
    assertEquals(
        "constant needs 6 values for [2, 3], got 2 in program atoms",
        assertThrows(IllegalArgumentException.class, () -> graph.constant(new float[] {1, 2}, 2, 3))
            .getMessage());
  }

  @Test
  void constantsAreCopiedAndEqualOnesSharedInAnyShape() {
    Graph graph = new Graph("atoms");
    float[] values = {1, 2, 3, 4};
    Tensor row = graph.constant(values, 4);
    values[0] = 9;
    graph.output("row", row);
    graph.output("matrix", row.reshape(2, 2));
    graph.output("again", graph.constant(new float[] {1, 2, 3, 4}, 2, 2));
    Graph simple = Passes.simplify(graph);
    assertEquals(new Op.ConstantArray(List.of(1f, 2f, 3f, 4f)), row.op());
    assertEquals(simple.outputs().get("matrix"), simple.outputs().get("again"));
    assertEquals(2, simple.tensors().size());
  }

  @Test
  void gatherErrorsNameBothShapes() {
    Graph graph = new Graph("heads");
    Tensor x = graph.input("x", 6, 5, 3);
    Tensor indices = graph.input("i", DType.I32, 5);
    assertEquals(
        "gather needs [N, A, ...] and indices [N], got [6, 5, 3] and [5] in program heads",
        assertThrows(IllegalArgumentException.class, () -> x.gather(indices)).getMessage());
    assertEquals(
        "scatter needs [N, ...] and indices [N], got [6, 5, 3] and [5] in program heads",
        assertThrows(IllegalArgumentException.class, () -> x.scatter(indices, 2)).getMessage());
  }

  @Test
  void noiseFollowsFromTheCounterAndFromItsPlaceInTheProgram() {
    try (Engine engine = new CpuEngine(1)) {
      Program program =
          engine.compile(
              "noise",
              graph -> {
                assertFalse(graph.usesCounter());
                graph.output("first", graph.noise(Op.RandomKind.NORMAL, 5, 40));
                graph.output("second", graph.noise(Op.RandomKind.NORMAL, 5, 40));
                assertTrue(graph.usesCounter());
                assertEquals(List.of(Graph.COUNTER), List.copyOf(graph.inputs().keySet()));
              });
      float[][] runs = new float[3][];
      float[] second = {};
      for (int run = 0; run < 3; run++) {
        program.input(Graph.COUNTER).setAtIndex(ValueLayout.JAVA_INT, 0, run / 2);
        program.run();
        runs[run] = program.output("first").toArray(ValueLayout.JAVA_FLOAT);
        second = program.output("second").toArray(ValueLayout.JAVA_FLOAT);
      }
      assertArrayEquals(runs[0], runs[1], "of one counter");
      for (int i = 0; i < 40; i++) {
        assertNotEquals(runs[1][i], runs[2][i], "of two counters");
        assertNotEquals(second[i], runs[2][i], "of two places");
      }
    }
  }

  @Test
  void blendFollowsTheSourceAfterTheRun() {
    try (Engine engine = new CpuEngine(1)) {
      var random = new SplittableRandom(1);
      Variables source = engine.variables("source");
      Variables target = engine.variables("target");
      source.add("w", Shape.of(2), new Initializer.Constant(8), random);
      target.add("w", Shape.of(2), new Initializer.Constant(4), random);
      Program quarter = engine.compile("quarter", g -> g.blend(source, target, 0.25f));
      Program copy = engine.compile("copy", g -> g.blend(source, target, 1f));
      MemorySegment values = MemorySegment.ofArray(new float[source.elements()]);
      quarter.run();
      target.read(values);
      assertEquals(5f, values.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4));
      copy.run();
      target.read(values);
      assertEquals(8f, values.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4));
    }
  }

  @Test
  void copyingBetweenDifferentLayoutsNamesTheDifference() {
    try (Engine engine = new CpuEngine(1)) {
      var random = new SplittableRandom(1);
      Variables source = engine.variables("a");
      Variables target = engine.variables("b");
      source.add("w", Shape.of(2), Initializer.zeros(), random);
      target.add("w", Shape.of(3), Initializer.zeros(), random);
      assertEquals(
          "variables b and a must hold the same arrays, got w[3] and w[2] at position 0",
          assertThrows(IllegalArgumentException.class, () -> target.copyFrom(source)).getMessage());
      assertEquals(
          "this engine already has variables \"a\": names must be unique",
          assertThrows(IllegalArgumentException.class, () -> engine.variables("a")).getMessage());
    }
  }

  /// An update of a small DQN on stacks of bytes: everything that a training loop runs.
  @Test
  void runningAllocatesNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Engine engine = new CpuEngine(1)) {
      Variables online = engine.variables("online");
      var random = new SplittableRandom(1);
      Module net =
          Scope.of(online, random)
              .linear("a", 12, 64)
              .then(Tensor::relu)
              .then(Scope.of(online, random).linear("b", 64, 2));
      Optimizer adam = new Optimizer(engine, online, Optimizer.Rule.Adam.withEpsilon(1e-8f), 10f);
      Program update =
          engine.compile(
              "update",
              g -> {
                Tensor x = g.input("x", DType.U8, 128, 4, 3).permute(0, 2, 1).toF32();
                Tensor q = net.apply(x.flatten()).gather(g.input("a", DType.I32, 128));
                g.output("loss", adam.minimize(q.minus(g.input("y", 128)).huber(1f).mean(), 1e-3f));
              });
      // Until it is compiled the interpreter boxes what the compiler does not.
      long bytes = Long.MAX_VALUE;
      for (int round = 0; round < 100 && bytes > 0; round++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 1000; i++) {
          update.run();
        }
        bytes = threads.getCurrentThreadAllocatedBytes() - before;
      }
      assertEquals(0, bytes, "bytes allocated by 1000 updates, warm");
    }
  }

  @Test
  void theCnnRunsOnOptimizedKernelsOnly() {
    try (Engine engine = new CpuEngine(1)) {
      Variables online = engine.variables("online");
      var random = new SplittableRandom(1);
      Module net =
          Scope.of(online, random)
              .conv2d("c1", Shape.of(8, 8, 4, 32), 4, 0)
              .then(Tensor::relu)
              .then(Scope.of(online, random).conv2d("c2", Shape.of(4, 4, 32, 64), 2, 0))
              .then(Tensor::relu)
              .then(Scope.of(online, random).conv2d("c3", Shape.of(3, 3, 64, 64), 1, 0))
              .then(Tensor::relu)
              .then(Tensor::flatten)
              .then(Scope.of(online, random).linear("fc", 3136, 512))
              .then(Tensor::relu)
              .then(Scope.of(online, random).linear("head", 512, 6));
      Optimizer adam = new Optimizer(engine, online, Optimizer.Rule.Adam.withEpsilon(1e-8f), 0);
      Program update =
          engine.compile(
              "update",
              g -> {
                Tensor x = g.input("x", DType.U8, 32, 84, 84, 4).toF32().times(1f / 255);
                Tensor q = net.apply(x).gather(g.input("a", DType.I32, 32));
                g.output("loss", adam.minimize(q.minus(g.input("y", 32)).huber(1f).mean(), 1e-3f));
              });
      String plan = update.describe();
      assertTrue(plan.contains(" by "), plan);
      assertFalse(plan.contains(" by ref"), plan);
      assertFalse(plan.contains("Java"), plan);
      update.run();
      float first = at(update.output("loss"), 0);
      for (int i = 0; i < 5; i++) {
        update.run();
      }
      assertTrue(at(update.output("loss"), 0) < first, "the loss does not fall from " + first);
    }
  }

  @Test
  void fusionLeavesFewKernels() {
    Graph graph = new Graph("g");
    Tensor x = graph.input("x", 8, 4);
    Tensor w = graph.input("w", 4, 3);
    Tensor b = graph.input("b", 3);
    Tensor y = x.matmul(w).plus(b).relu();
    graph.output("y", y.minus(0.5f).square().times(2).plus(y).exp());
    graph.output("again", x.matmul(w).plus(b).relu().sum());
    Graph fused = Passes.fuse(Passes.simplify(graph));
    List<String> kinds =
        fused.tensors().stream()
            .map(t -> t.op().getClass().getSimpleName())
            .filter(n -> !n.equals("Input") && !n.equals("Constant"))
            .toList();
    assertEquals(List.of("Linear", "Fused", "Reshape", "Reduce"), kinds);
  }

  @Test
  void normalNumbersAreThoseOfBoxAndMuller() {
    int[] block = new int[4];
    for (int i = 0; i < 4000; i++) {
      Philox.block(3, 0, 0, i, block);
      // The first lie exactly on and between quarter turns.
      block[1] = i < 16 ? i << 28 : block[1];
      double radius = Math.sqrt(-2 * Math.log(((block[0] >>> 8) + 1) * 0x1p-24));
      double angle = (block[1] >>> 8) * 0x1p-24 * 2 * Math.PI;
      float first = Philox.number(Op.RandomKind.NORMAL, block, 0);
      float second = Philox.number(Op.RandomKind.NORMAL, block, 1);
      assertEquals(radius * Math.cos(angle), first, 1e-6, "block " + i);
      assertEquals(radius * Math.sin(angle), second, 1e-6, "block " + i);
    }
  }

  @Test
  void drawingNormalNumbersAllocatesNothingOnceCompiled() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    int[] block = new int[4];
    long least = Long.MAX_VALUE;
    float sum = 0;
    for (int i = 0; least > 0 && i < 10_000; i++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int index = 0; index < 100; index++) {
        Philox.block(3, i, 0, index, block);
        sum += Philox.number(Op.RandomKind.NORMAL, block, index % 4);
      }
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
    }
    assertEquals(0, least, "bytes allocated in 100 draws, whose sum is " + sum);
  }

  @Test
  void randomNumbersFollowTheCounter() {
    int[] block = new int[4];
    Philox.block(0, 0, 0, 0, block);
    assertEquals(0x6627e8d5, block[0]);
    assertEquals(0x9b00dbd8, block[3]);
    try (Engine engine = new CpuEngine(1)) {
      Program program =
          engine.compile(
              "noise",
              g -> {
                Tensor counter = g.input("counter", DType.I32, 2);
                g.output("u", g.random(Op.RandomKind.UNIFORM, 7, counter, 10_000));
                g.output("n", g.random(Op.RandomKind.NORMAL, 8, counter, 10_000));
              });
      program.input("counter").set(ValueLayout.JAVA_INT, 0, 5);
      program.run();
      float first = at(program.output("u"), 0);
      double mean = 0;
      double square = 0;
      for (int i = 0; i < 10_000; i++) {
        mean += at(program.output("n"), i) / 10_000.0;
        square += Math.pow(at(program.output("n"), i), 2) / 10_000.0;
        assertTrue(at(program.output("u"), i) >= 0 && at(program.output("u"), i) < 1);
      }
      assertEquals(0, mean, 0.03);
      assertEquals(1, square, 0.05);
      program.input("counter").set(ValueLayout.JAVA_INT, 0, 6);
      program.run();
      assertFalse(first == at(program.output("u"), 0), "another counter, other numbers");
      program.input("counter").set(ValueLayout.JAVA_INT, 0, 5);
      program.run();
      assertEquals(first, at(program.output("u"), 0));
    }
  }
}
