package org.jarl.nn;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/// Rows of a table of noise, taken by a program of some rounds. Used by this module's tests and by
/// those of other back ends.
///
/// @param dtype of the elements of a row
/// @param row its shape
/// @param indices their shape in each round
/// @param rowCount rows of the table
/// @param rounds of a run, each with indices of its own
public record RowsCase(DType dtype, Shape row, Shape indices, int rowCount, int rounds) {

  /// Stacks of pictures, numbers and single bytes, in one round and in several.
  public static List<RowsCase> all() {
    return List.of(
        new RowsCase(DType.U8, Shape.of(84, 84), Shape.of(32, 4), 50, 1),
        new RowsCase(DType.U8, Shape.of(5, 7), Shape.of(3, 2), 9, 1),
        new RowsCase(DType.U8, Shape.of(5, 7), Shape.of(3, 4), 9, 4),
        new RowsCase(DType.F32, Shape.of(3), Shape.of(11), 6, 1),
        new RowsCase(DType.F32, Shape.SCALAR, Shape.of(5, 3), 4, 3),
        new RowsCase(DType.I32, Shape.of(2), Shape.of(1), 1, 2),
        new RowsCase(DType.U8, Shape.of(1), Shape.of(300), 4, 1));
  }

  private int rowBytes() {
    return row.elements() * dtype.bytes();
  }

  /// Whole numbers, small enough that a reference that computes with f64 can say their bits.
  private void fill(MemorySegment rows) {
    SplittableRandom random = new SplittableRandom(rowCount);
    for (int i = 0; i < rowCount * row.elements(); i++) {
      switch (dtype) {
        case U8 -> rows.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
        case I32 -> rows.setAtIndex(ValueLayout.JAVA_INT, i, random.nextInt());
        case F32 -> rows.setAtIndex(ValueLayout.JAVA_FLOAT, i, random.nextInt(1 << 20) - 5);
      }
    }
  }

  /// Runs, rows from anywhere, equal ones, zeros, the first and the last row.
  private int[] drawn() {
    SplittableRandom random = new SplittableRandom(rounds);
    int[] drawn = new int[rounds * indices.elements()];
    for (int i = 0; i < drawn.length; i++) {
      boolean follows = i > 0 && drawn[i - 1] < rowCount - 1 && random.nextInt(3) > 0;
      drawn[i] = follows ? drawn[i - 1] + 1 : random.nextInt(rowCount + 1) - 1;
    }
    drawn[0] = rowCount - 1;
    drawn[drawn.length - 1] = drawn.length > 2 ? -1 : 0;
    return drawn;
  }

  /// What the reference says, round after round.
  public double[] wanted() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate((long) rowCount * rowBytes(), 64);
      fill(memory);
      RowTable table = new RowTable("t", memory, rowBytes(), (_, _, _) -> RowTable.Storage.NONE);
      Graph graph = new Graph("reference");
      Tensor input = graph.input("indices", DType.I32, indices.toArray());
      Tensor rows = graph.rows(table, input, dtype, row.toArray());
      double[] all = new double[0];
      int[] drawn = drawn();
      for (int round = 0; round < rounds; round++) {
        int from = round * indices.elements();
        double[] own =
            Arrays.stream(drawn, from, from + indices.elements()).asDoubleStream().toArray();
        double[] value = new Reference(Map.of("indices", own), Map.of()).value(rows);
        all = Arrays.copyOf(all, all.length + value.length);
        System.arraycopy(value, 0, all, all.length - value.length, value.length);
      }
      return all;
    }
  }

  /// What an engine says: rows as they are put out, and as they are computed with.
  public List<double[]> run(Engine engine) {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment memory = arena.allocate((long) rowCount * rowBytes(), 64);
      try (RowTable table = engine.table("t", memory, rowBytes());
          Program program = engine.compile("rows", rounds, graph -> trace(graph, table))) {
        fill(memory);
        table.changed(0, rowCount);
        MemorySegment.copy(
            drawn(), 0, program.input("indices"), ValueLayout.JAVA_INT, 0, drawn().length);
        program.run();
        return List.of(
            numbers(program.output("rows"), dtype), numbers(program.output("halves"), DType.F32));
      }
    }
  }

  private void trace(Graph graph, RowTable table) {
    Tensor input =
        rounds > 1
            ? graph.inputOfRound("indices", DType.I32, indices.toArray())
            : graph.input("indices", DType.I32, indices.toArray());
    Tensor rows = graph.rows(table, input, dtype, row.toArray());
    graph.output("rows", rows);
    graph.output("halves", (dtype == DType.F32 ? rows : rows.toF32()).times(0.5f));
  }

  private static double[] numbers(MemorySegment memory, DType dtype) {
    double[] numbers = new double[(int) (memory.byteSize() / dtype.bytes())];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] =
          switch (dtype) {
            case U8 -> memory.get(ValueLayout.JAVA_BYTE, i) & 0xff;
            case I32 -> memory.getAtIndex(ValueLayout.JAVA_INT, i);
            case F32 -> memory.getAtIndex(ValueLayout.JAVA_FLOAT, i);
          };
    }
    return numbers;
  }

  /// What [#run] sees before, of and after work beside a run that writes to the table: numbers of
  /// four rows, the last of them zeros.
  ///
  /// @param rounds of the program; with more than one the work comes first
  public static List<List<Float>> beside(Engine engine, int rounds) {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment memory = arena.allocate(4L * 5, 64);
      try (RowTable table = engine.table("t", memory, 4);
          Program program =
              engine.compile(
                  "beside",
                  rounds,
                  g ->
                      g.output(
                          "y", g.rows(table, g.input("i", DType.I32, 4), DType.F32).times(2)))) {
        MemorySegment.copy(
            new int[] {3, 4, 0, -1}, 0, program.input("i"), ValueLayout.JAVA_INT, 0, 4);
        write(memory, table, 10);
        program.run();
        List<Float> before = seen(program);
        program.runBeside(() -> write(memory, table, 20));
        List<Float> during = seen(program);
        program.run();
        return List.of(before, during, seen(program));
      }
    }
  }

  private static void write(MemorySegment memory, RowTable table, float first) {
    for (int i = 0; i < 5; i++) {
      memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, first + i);
      table.changed(i, 1);
    }
  }

  private static List<Float> seen(Program program) {
    MemorySegment y = program.output("y");
    return IntStream.range(0, 4).mapToObj(i -> y.getAtIndex(ValueLayout.JAVA_FLOAT, i)).toList();
  }
}
