package org.jarl.nn.nd4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jarl.nn.DType;
import org.jarl.nn.Engine;
import org.jarl.nn.Engines;
import org.jarl.nn.Graph;
import org.jarl.nn.Initializer;
import org.jarl.nn.Op;
import org.jarl.nn.Parameter;
import org.jarl.nn.Program;
import org.jarl.nn.RoundsCase;
import org.jarl.nn.RowsCase;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;
import org.jarl.nn.Variables;
import org.jarl.nn.cpu.CpuEngine;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class Nd4jEngineTest {
  private static final Engine ENGINE = Engines.open("nd4j", 2);

  @AfterAll
  static void close() {
    ENGINE.close();
  }

  private static float[] floats(MemorySegment memory) {
    return memory.toArray(ValueLayout.JAVA_FLOAT);
  }

  @Test
  void sumsOnOneThreadWhateverIsAsked() {
    assertEquals("nd4j", ENGINE.device());
    assertEquals(1, ENGINE.threads());
    assertEquals("nd4j, 1 thread, CpuBackend with OPENBLAS", ENGINE.description());
  }

  static Stream<RowsCase> rows() {
    return RowsCase.all().stream();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void rowsAreThoseOfTheReference(RowsCase rule) {
    double[] want = rule.wanted();
    assertArrayEquals(want, rule.run(ENGINE).get(0));
    assertArrayEquals(
        Arrays.stream(want).map(v -> (float) v * 0.5f).toArray(), rule.run(ENGINE).get(1));
  }

  @Test
  void workBesideARunMayWriteToTheTable() {
    try (Engine cpu = new CpuEngine(2)) {
      assertEquals(RowsCase.beside(cpu, 1), RowsCase.beside(ENGINE, 1));
      assertEquals(RowsCase.beside(cpu, 3), RowsCase.beside(ENGINE, 3));
    }
  }

  @Test
  void refusesToWorkWithoutAThread() {
    var e = assertThrows(IllegalArgumentException.class, () -> Engines.open("nd4j", 0));
    assertEquals("threads must be at least 1, got 0", e.getMessage());
  }

  @ParameterizedTest
  @EnumSource(Op.RandomKind.class)
  void randomNumbersHaveTheBitsOfTheCpu(Op.RandomKind kind) {
    try (Engine cpu = new CpuEngine(1)) {
      Consumer<Graph> trace =
          graph -> graph.output("out", graph.random(kind, 77, counter(graph), 3, 7));
      assertArrayEquals(random(cpu, trace), random(ENGINE, trace));
    }
  }

  private static Tensor counter(Graph graph) {
    return graph.input("counter", DType.I32, 2);
  }

  private static float[] random(Engine engine, Consumer<Graph> trace) {
    try (Program program = engine.compile("random", trace)) {
      program.input("counter").setAtIndex(ValueLayout.JAVA_INT, 0, -5);
      program.input("counter").setAtIndex(ValueLayout.JAVA_INT, 1, 9);
      program.run();
      return floats(program.output("out"));
    }
  }

  @Test
  void bytesKeepTheirValuesThroughEveryMove() {
    try (Program program =
        ENGINE.compile(
            "bytes",
            graph -> {
              Tensor x = graph.input("x", DType.U8, 2, 3);
              Tensor rows = graph.input("rows", DType.I32, 3);
              graph.output("same", x);
              graph.output("slice", x.slice(1, 1, 2));
              graph.output("permute", x.permute(1, 0));
              graph.output("rows", x.indexSelect(rows).toF32());
              graph.output("concat", Tensor.concat(1, List.of(x, x)).toF32());
              graph.output("indices", rows.reshape(3, 1).broadcastTo(Shape.of(3, 2)).toF32());
            })) {
      byte[] bytes = {0, 1, 127, -128, -2, -1};
      program.input("x").copyFrom(MemorySegment.ofArray(bytes));
      program.input("rows").copyFrom(MemorySegment.ofArray(new int[] {1, 0, 1}));
      program.run();
      assertArrayEquals(bytes, program.output("same").toArray(ValueLayout.JAVA_BYTE));
      assertArrayEquals(
          new byte[] {1, 127, -2, -1}, program.output("slice").toArray(ValueLayout.JAVA_BYTE));
      assertArrayEquals(
          new byte[] {0, -128, 1, -2, 127, -1},
          program.output("permute").toArray(ValueLayout.JAVA_BYTE));
      assertArrayEquals(
          new float[] {128, 254, 255, 0, 1, 127, 128, 254, 255}, floats(program.output("rows")));
      assertArrayEquals(
          new float[] {0, 1, 127, 0, 1, 127, 128, 254, 255, 128, 254, 255},
          floats(program.output("concat")));
      assertArrayEquals(new float[] {1, 1, 0, 0, 1, 1}, floats(program.output("indices")));
    }
  }

  /// Against rounds by hand on this back end, and against the other one up to rounding.
  @ParameterizedTest
  @CsvSource({"5,5,5", "5,3,3", "5,0,0", "1,1,1", "1,0,0"})
  void roundsAreRunsOneAfterTheOther(int rounds, int stopAt, int taken) {
    RoundsCase rule = new RoundsCase(rounds, stopAt);
    String name = "rounds " + rounds + " " + stopAt;
    RoundsCase.Seen together = rule.together(ENGINE, name + " together");
    RoundsCase.Seen byHand = rule.byHand(ENGINE, name + " by hand");
    assertEquals(taken, together.taken());
    assertEquals(taken, byHand.taken());
    assertArrayEquals(byHand.outputs(), together.outputs());
    assertArrayEquals(byHand.state(), together.state());
    try (Engine cpu = new CpuEngine(1)) {
      RoundsCase.Seen other = rule.together(cpu, name);
      assertArrayEquals(other.outputs(), together.outputs(), 1e-5f);
      assertArrayEquals(other.state(), together.state(), 1e-5f);
    }
  }

  @Test
  void rowsOfStacksOfFramesAndOfWholeNumbersAreTakenAsTheyAre() {
    try (Program program =
        ENGINE.compile(
            "stacks",
            graph -> {
              Tensor rows = graph.input("rows", DType.I32, 5);
              graph.output("x", graph.input("x", DType.U8, 6, 4, 84, 84).indexSelect(rows));
              graph.output("n", graph.input("n", DType.I32, 6, 2).indexSelect(rows));
              graph.output("v", graph.input("v", DType.I32, 6).indexSelect(rows));
            })) {
      int width = 4 * 84 * 84;
      byte[] bytes = new byte[6 * width];
      new SplittableRandom(1).nextBytes(bytes);
      int[] rows = {5, 0, 3, 3, 1};
      program.input("x").copyFrom(MemorySegment.ofArray(bytes));
      program.input("rows").copyFrom(MemorySegment.ofArray(rows));
      int[] numbers = {1 << 30, 1, 2, 3, 4, 5, (1 << 24) + 1, 7, 8, 9, 10, -11};
      program.input("n").copyFrom(MemorySegment.ofArray(numbers));
      program.input("v").copyFrom(MemorySegment.ofArray(new int[] {5, 4, 3, 2, 1, -7}));
      program.run();
      byte[] want = new byte[5 * width];
      for (int i = 0; i < 5; i++) {
        System.arraycopy(bytes, rows[i] * width, want, i * width, width);
      }
      assertArrayEquals(want, program.output("x").toArray(ValueLayout.JAVA_BYTE));
      assertArrayEquals(
          new int[] {10, -11, 1 << 30, 1, (1 << 24) + 1, 7, (1 << 24) + 1, 7, 2, 3},
          program.output("n").toArray(ValueLayout.JAVA_INT));
      assertArrayEquals(
          new int[] {-7, 5, 2, 2, 4}, program.output("v").toArray(ValueLayout.JAVA_INT));
    }
  }

  @Test
  void softmaxAndItsLogarithmStandLargeNumbers() {
    try (Program program =
        ENGINE.compile(
            "large",
            graph -> {
              Tensor x = graph.input("x", 3);
              graph.output("softmax", x.softmax());
              graph.output("logSoftmax", x.logSoftmax());
            })) {
      program.input("x").copyFrom(MemorySegment.ofArray(new float[] {0, 300, -3000}));
      program.run();
      assertArrayEquals(new float[] {0, 1, 0}, floats(program.output("softmax")));
      assertArrayEquals(new float[] {-300, 0, -3300}, floats(program.output("logSoftmax")));
    }
  }

  @Test
  void theFirstOfEqualElementsIsTheLargest() {
    try (Program program =
        ENGINE.compile("first", graph -> graph.output("out", graph.input("x", 4).argMax()))) {
      program.input("x").copyFrom(MemorySegment.ofArray(new float[] {1, 2, 2, 0}));
      program.run();
      assertEquals(1, program.output("out").get(ValueLayout.JAVA_INT, 0));
    }
  }

  @Test
  void outputsHoldTheValuesFromBeforeTheEffects() {
    Variables from = ENGINE.variables("from");
    Variables to = ENGINE.variables("to");
    Parameter source = ones(from, 4);
    Parameter sink = ones(to, 0);
    try (Program program =
        ENGINE.compile(
            "copy",
            graph -> {
              graph.output("source", graph.variable(source));
              graph.output("sink", graph.variable(sink));
              graph.effect(new Graph.Effect.Blend(from, to, 1));
            })) {
      program.run();
      assertArrayEquals(new float[] {0, 0, 0}, floats(program.output("sink")));
      program.run();
      assertArrayEquals(new float[] {4, 4, 4}, floats(program.output("sink")));
    }
  }

  private static Parameter ones(Variables variables, float value) {
    return variables.add(
        "array", Shape.of(3), new Initializer.Constant(value), new SplittableRandom(1));
  }

  @Test
  void viewsOfParametersShowAndMakeChanges() {
    Variables variables = ENGINE.variables("viewed");
    ones(variables, 1);
    Parameter second =
        variables.add(
            "second", Shape.of(2, 2), new Initializer.Constant(2), new SplittableRandom(1));
    INDArray view = Nd4jEngine.view(second);
    assertEquals(Nd4j.valueArrayOf(new long[] {2, 2}, 2f), view);
    view.putScalar(1, 0, 7);
    float[] all = new float[variables.elements()];
    variables.read(MemorySegment.ofArray(all));
    assertEquals(7, all[second.offset() + 2]);
    assertEquals(1, all[0]);
  }

  @Test
  void arraysCrossTheBridgeInBothDirections() {
    try (Arena arena = Arena.ofConfined()) {
      INDArray array = Nd4j.createFromArray(1f, 2f, 3f, 4f, 5f, 6f).reshape(2, 3).transpose();
      MemorySegment memory = arena.allocate(24, 64);
      Nd4jEngine.fromINDArray(array, memory);
      assertArrayEquals(new float[] {1, 4, 2, 5, 3, 6}, floats(memory));
      assertEquals(array, Nd4jEngine.toINDArray(memory, DType.F32, Shape.of(3, 2)));
    }
  }

  @Test
  void theBridgeSaysWhatItCannotCarry() {
    MemorySegment small = MemorySegment.ofArray(new float[1]);
    var type =
        assertThrows(
            IllegalArgumentException.class,
            () -> Nd4jEngine.fromINDArray(Nd4j.zeros(DataType.DOUBLE, 2), small));
    assertEquals(
        "an INDArray must be FLOAT, UINT8 or INT32, got DOUBLE; call castTo first",
        type.getMessage());
    var size =
        assertThrows(
            IllegalArgumentException.class,
            () -> Nd4jEngine.toINDArray(small, DType.F32, Shape.of(2)));
    assertEquals("memory must hold 8 bytes for F32 [2], got 4", size.getMessage());
    try (Engine cpu = new CpuEngine(1)) {
      Variables foreign = cpu.variables("foreign");
      Parameter parameter = ones(foreign, 1);
      var device = assertThrows(IllegalArgumentException.class, () -> Nd4jEngine.view(parameter));
      assertEquals(
          "variables foreign of 16 elements live on another device: make them with"
              + " Engine.variables of an nd4j engine",
          device.getMessage());
    }
  }

  @Test
  void unknownBuffersAreNamed() {
    try (Program program =
        ENGINE.compile("plain", graph -> graph.output("y", graph.input("x", 1).exp()))) {
      var e = assertThrows(IllegalArgumentException.class, () -> program.input("z"));
      assertEquals("program plain has no input \"z\"; it has [x]", e.getMessage());
      assertSame(program.input("x"), program.input("x"));
    }
  }

  @Test
  void aClosedProgramDoesNotRun() {
    Program program = ENGINE.compile("done", graph -> graph.output("y", graph.input("x", 1).exp()));
    program.close();
    var e = assertThrows(IllegalStateException.class, program::run);
    assertEquals("program done is closed", e.getMessage());
  }
}
