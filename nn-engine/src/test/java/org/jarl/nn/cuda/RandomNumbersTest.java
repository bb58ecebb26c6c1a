package org.jarl.nn.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jarl.nn.DType;
import org.jarl.nn.Engine;
import org.jarl.nn.Op;
import org.jarl.nn.Philox;
import org.jarl.nn.Program;
import org.jarl.nn.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@WithEmulatedDriver
class RandomNumbersTest {
  private static final long[] SEEDS = {0, 1, -1, 0x123456789abcdefL};

  @ParameterizedTest
  @EnumSource(Op.RandomKind.class)
  void numbersHaveTheBitsOfPhilox(Op.RandomKind kind) {
    try (TwoEngines two = new TwoEngines()) {
      for (long seed : SEEDS) {
        for (int size : new int[] {1, 2, 3, 4, 5, 515, 30_000}) {
          agree(two.cuda(), kind, seed, size);
        }
      }
    }
  }

  private static void agree(Engine engine, Op.RandomKind kind, long seed, int size) {
    try (Program program =
        engine.compile(
            "random",
            graph -> {
              Tensor counter = graph.input("counter", DType.I32, 2);
              graph.output("numbers", graph.random(kind, seed, counter, size));
            })) {
      int low = -size;
      int high = (int) seed + 3;
      program.input("counter").setAtIndex(ValueLayout.JAVA_INT, 0, low);
      program.input("counter").setAtIndex(ValueLayout.JAVA_INT, 1, high);
      program.run();
      MemorySegment numbers = program.output("numbers");
      int[] block = new int[4];
      for (int i = 0; i < size; i++) {
        Philox.block(seed, low, high, i / 4, block);
        assertEquals(
            Philox.number(kind, block, i % 4),
            numbers.getAtIndex(ValueLayout.JAVA_FLOAT, i),
            kind + " number " + i + " of seed " + seed);
      }
    }
  }

  /// All arguments that occur: the same functions, compiled alone.
  @Test
  @Tag("slow")
  void logarithmsAndCosinesHaveTheBitsOfStrictMath(@TempDir Path folder) throws Throwable {
    Path library = compile(folder);
    try (Arena arena = Arena.ofConfined()) {
      SymbolLookup symbols = SymbolLookup.libraryLookup(library, arena);
      int count = 1 << 24;
      MemorySegment numbers = arena.allocate(8L * count, 64);
      fill(symbols, "logarithms", numbers, count);
      for (int i = 0; i < count; i++) {
        double expected = StrictMath.log((i + 1) * 0x1p-24);
        double actual = numbers.getAtIndex(ValueLayout.JAVA_DOUBLE, i);
        if (expected != actual) {
          assertEquals(expected, actual, 0, "log of " + (i + 1) + " / 2^24");
        }
      }
      fill(symbols, "cosines", numbers, count);
      for (int i = 0; i < count; i++) {
        double expected = cosine(i);
        double actual = numbers.getAtIndex(ValueLayout.JAVA_DOUBLE, i);
        if (expected != actual) {
          assertEquals(expected, actual, 0, "cosine of " + i + " / 2^24 turns");
        }
      }
    }
  }

  /// As [Philox] has it.
  private static double cosine(int turn) {
    int quarters = (turn + (1 << 21)) >> 22;
    double rest = (turn - (quarters << 22)) * 0x1p-24 * 2 * Math.PI;
    return switch (quarters & 3) {
      case 0 -> StrictMath.cos(rest);
      case 1 -> -StrictMath.sin(rest);
      case 2 -> -StrictMath.cos(rest);
      default -> StrictMath.sin(rest);
    };
  }

  private static Path compile(Path folder) throws IOException, InterruptedException {
    Path library = folder.resolve("numbers.so");
    Process compiler;
    try {
      compiler =
          new ProcessBuilder(
                  "g++",
                  "-std=c++17",
                  "-O2",
                  "-fPIC",
                  "-shared",
                  "-Isrc/main/cuda",
                  "-Isrc/test/cuda",
                  "src/test/cuda/probes/numbers.cpp",
                  "-o",
                  library.toString())
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("log").toFile())
              .start();
    } catch (IOException e) {
      assumeTrue(false, "g++ is not here: " + e.getMessage());
      throw e;
    }
    assertEquals(true, compiler.waitFor(60, TimeUnit.SECONDS), "g++ ends");
    assertEquals(0, compiler.exitValue(), Files.readString(folder.resolve("log")));
    return library;
  }

  private static void fill(SymbolLookup symbols, String name, MemorySegment to, int count)
      throws Throwable {
    Linker.nativeLinker()
        .downcallHandle(
            symbols.findOrThrow(name),
            FunctionDescriptor.ofVoid(ValueLayout.ADDRESS, ValueLayout.JAVA_INT))
        .invokeExact(to, count);
  }
}
