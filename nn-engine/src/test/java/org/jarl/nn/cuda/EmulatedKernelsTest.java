package org.jarl.nn.cuda;

import static org.jarl.nn.cuda.Lab.at;
import static org.jarl.nn.cuda.Lab.wide;
import static org.jarl.nn.cuda.Lab.word;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Faults that kernels of broken.cu have must be found, and those without must run.
@WithEmulatedDriver(only = true)
class EmulatedKernelsTest {
  private static final int ILLEGAL_ADDRESS = 700;
  private static final int MISALIGNED = 716;
  private static final int LAUNCH_FAILED = 719;
  private static final int[] NUMBERS = IntStream.range(0, 512).map(i -> 3 * i + 7).toArray();

  @AfterEach
  void reset() {
    EmulatedDriver.reset();
  }

  private static void assertSaid(String... parts) {
    for (String part : parts) {
      assertTrue(EmulatedDriver.message().contains(part), EmulatedDriver.message());
    }
  }

  /// @return on how many of 20 seeds a kernel of two arrays gives what is expected
  private static int right(String kernel, int[] shape, int[] expected, Lab.Argument... more) {
    int right = 0;
    for (int seed = 1; seed <= 20; seed++) {
      Lab lab = Lab.open(seed);
      var out = lab.empty(4L * expected.length);
      Lab.Argument[] arguments =
          Arrays.copyOf(new Lab.Argument[] {at(lab.ints(NUMBERS)), at(out)}, 2 + more.length);
      System.arraycopy(more, 0, arguments, 2, more.length);
      assertEquals(0, lab.run(kernel, shape, arguments));
      right += Arrays.equals(expected, lab.ints(out, expected.length)) ? 1 : 0;
    }
    return right;
  }

  private static int[] reversedInBlocks(int blocks, int threads) {
    return IntStream.range(0, blocks * threads)
        .map(i -> NUMBERS[i / threads * threads + threads - 1 - i % threads])
        .toArray();
  }

  @ParameterizedTest
  @CsvSource({"1,32", "1,64", "2,256", "4,96"})
  void aMissingBarrierGivesWrongNumbers(int blocks, int threads) {
    int[] expected = reversedInBlocks(blocks, threads);
    int[] shape = {blocks, threads};
    assertEquals(20, right("sound_reverse", shape, expected));
    assertEquals(0, right("broken_reverse", shape, expected));
  }

  @ParameterizedTest
  @ValueSource(ints = {64, 512})
  void aMissingBarrierBeforeMemoryIsUsedAgainGivesWrongNumbers(int threads) {
    int[] expected = IntStream.range(0, threads).map(i -> NUMBERS[(i + 2) % threads]).toArray();
    assertEquals(20, right("sound_rotate", new int[] {1, threads}, expected));
    assertEquals(0, right("broken_rotate", new int[] {1, threads}, expected));
  }

  @Test
  void aMissingWarpBarrierGivesWrongNumbers() {
    int[] expected = IntStream.range(0, 64).map(i -> NUMBERS[i ^ 1]).toArray();
    int[] shape = {1, 64, 256};
    assertEquals(20, right("swap_lanes", shape, expected, word(1)));
    assertEquals(0, right("swap_lanes", shape, expected, word(0)));
  }

  @Test
  void aBlockBarrierThatSomeThreadsDoNotReachFails() {
    Lab lab = Lab.open(3);
    var out = lab.empty(4 * 64);
    assertEquals(0, lab.run("leave_before_block_sync", new int[] {1, 64}, at(out), word(64)));
    assertEquals(
        LAUNCH_FAILED, lab.run("leave_before_block_sync", new int[] {2, 64}, at(out), word(50)));
    assertSaid(
        "kernel leave_before_block_sync, block (",
        "block_sync is reached by 50 of 64 threads, the other 14 have returned");
  }

  @ParameterizedTest
  @CsvSource({
    "0,warp_sync is reached by 20 lanes",
    "1,warp_xor is reached by 20 lanes",
    "2,mma_tf32 is reached by 20 lanes",
    "3,mma_bf16 is reached by 20 lanes",
    "4,while other lanes of the warp wait at warp_xor",
    "5,12 wait at block_sync",
  })
  void aWarpThatIsNotTogetherFails(int how, String said) {
    for (int seed = 0; seed < 5; seed++) {
      Lab lab = Lab.open(seed);
      var out = lab.empty(4 * 64);
      if (how < 4) {
        assertEquals(0, lab.run("diverge", new int[] {1, 64}, at(out), word(64), word(how)));
      }
      int result = lab.run("diverge", new int[] {1, 64}, at(out), word(52), word(how));
      assertEquals(LAUNCH_FAILED, result);
      assertSaid("kernel diverge, block (0, 0, 0), thread (", said);
    }
  }

  /// The last number of an allocation is `count - 1`; allocations begin at multiples of 256 bytes.
  @ParameterizedTest
  @CsvSource({"64,64", "64,-2000", "64,1000000000", "1024,1024"})
  void anAccessBesideAnAllocationEndsTheKernelOnly(int count, long index) {
    for (String kernel : new String[] {"read_at", "write_at"}) {
      Lab lab = Lab.open(1);
      var memory = lab.empty(4L * count);
      Lab.Argument[] arguments =
          kernel.equals("read_at")
              ? new Lab.Argument[] {at(memory), at(lab.empty(64)), wide(index)}
              : new Lab.Argument[] {at(memory), wide(index)};
      assertEquals(ILLEGAL_ADDRESS, lab.run(kernel, new int[] {1, 32}, arguments));
      assertSaid(
          "kernel " + kernel,
          "block (0, 0, 0), thread (5, 0, 0)",
          "illegal access to address 0x" + Long.toHexString(memory.address() + 4 * index));
    }
  }

  /// 100 bytes leave 156 of the 256 that the next allocation could begin after.
  @ParameterizedTest
  @CsvSource({"25,byte 100 of", "60,byte 240 of", "-1,byte -4 of"})
  void aWriteWhereAnAllocationIsPaddedIsFound(long index, String said) {
    Lab lab = Lab.open(1);
    var memory = lab.empty(100);
    int result = lab.run("write_at", new int[] {1, 32}, at(memory), wide(index));
    assertEquals(ILLEGAL_ADDRESS, result);
    assertSaid("kernel write_at has written " + said + " an allocation of 100 bytes");
  }

  @Test
  void freedMemoryCannotBeUsed() {
    Lab lab = Lab.open(1);
    var cell = lab.empty(64);
    var gone = lab.floats(1, 2, 3);
    var pointer = lab.ints((int) gone.address(), (int) (gone.address() >>> 32));
    assertEquals(0, lab.run("follow", new int[] {1, 32}, at(pointer), at(cell)));
    assertEquals(0, JCudaDriver.cuMemFree(gone));
    assertEquals(1, JCudaDriver.cuMemFree(gone));
    assertEquals(ILLEGAL_ADDRESS, lab.run("follow", new int[] {1, 32}, at(pointer), at(cell)));
    assertSaid("thread (0, 0, 0): illegal access to address 0x" + Long.toHexString(gone.address()));
  }

  @Test
  void anAddressOfTheHostIsNoArgument() {
    Lab lab = Lab.open(1);
    var out = lab.empty(64);
    try (Arena arena = Arena.ofConfined()) {
      long host = arena.allocate(64).address();
      int result = lab.run("read_at", new int[] {1, 32}, wide(host), at(out), wide(0));
      assertEquals(ILLEGAL_ADDRESS, result);
    }
    assertSaid("kernel read_at: argument 0 is an address where the device has no memory");
  }

  @Test
  void aDivisionByZeroIsFound() {
    Lab lab = Lab.open(1);
    var out = lab.empty(128);
    assertEquals(0, lab.run("divide", new int[] {1, 32}, at(out), word(3)));
    assertEquals(LAUNCH_FAILED, lab.run("divide", new int[] {1, 32}, at(out), word(0)));
    assertSaid("kernel divide", "division by zero");
  }

  @Test
  void aStackThatIsTooSmallIsFound() {
    Lab lab = Lab.open(1);
    var out = lab.empty(128);
    assertEquals(ILLEGAL_ADDRESS, lab.run("recurse_deep", new int[] {1, 32}, at(out), word(1)));
    assertSaid("kernel recurse_deep");
  }

  /// A JVM finds null by the signal that the driver catches too.
  @Test
  void theJvmsOwnFaultsStayItsOwn() throws InterruptedException {
    int[] found = {0};
    Thread other =
        Thread.ofPlatform()
            .start(() -> {
              for (int i = 0; i < 3_000_000; i++) {
                found[0] += lengthOf(i % 1000 == 999 ? null : NUMBERS) < 0 ? 1 : 0;
              }
            });
    for (int i = 0; i < 50; i++) {
      Lab lab = Lab.open(i);
      var memory = lab.empty(256);
      int result = lab.run("write_at", new int[] {1, 32}, at(memory), wide(64));
      assertEquals(ILLEGAL_ADDRESS, result);
      assertEquals(-1, lengthOf(null));
    }
    other.join();
    assertEquals(3000, found[0]);
  }

  @SuppressWarnings({"NullAway", "CatchAndPrintStackTrace"})
  private static int lengthOf(int @org.jspecify.annotations.Nullable [] numbers) {
    try {
      return numbers.length;
    } catch (NullPointerException e) {
      return -1;
    }
  }

  @Test
  void memoryThatNothingWroteHoldsNoNumbers() {
    Lab lab = Lab.open(1);
    var memory = lab.empty(400);
    for (float value : lab.floats(memory, 100)) {
      assertTrue(Float.isNaN(value));
    }
  }

  @Test
  void whatABlockLeavesInSharedMemoryIsGone() {
    Lab lab = Lab.open(1);
    var fixed = lab.empty(4 * 192);
    var dynamic = lab.empty(4 * 192);
    assertEquals(0, lab.run("show_shared", new int[] {3, 64, 256}, at(fixed), at(dynamic)));
    int[] untouched = new int[192];
    Arrays.fill(untouched, -1);
    assertArrayEquals(untouched, lab.ints(fixed, 192));
    assertArrayEquals(untouched, lab.ints(dynamic, 192));
  }

  @Test
  void anAccessPastSharedMemoryIsFound() {
    Lab lab = Lab.open(1);
    var out = lab.empty(64);
    assertEquals(0, lab.run("write_shared_at", new int[] {1, 32, 128}, at(out), word(31)));
    assertEquals(
        ILLEGAL_ADDRESS, lab.run("write_shared_at", new int[] {1, 32, 128}, at(out), word(32)));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void copiesArriveWhenTheyAreWaitedFor(int wait) {
    Lab lab = Lab.open(1);
    float[] in = new float[256];
    for (int i = 0; i < in.length; i++) {
      in[i] = i + 1;
    }
    var out = lab.empty(1024);
    int[] shape = {1, 32};
    assertEquals(0, lab.run("copy_through", shape, at(lab.floats(in)), at(out), word(wait)));
    float[] got = lab.floats(out, 256);
    for (int i = 0; i < 256; i++) {
      boolean arrived = wait == 0 || wait == 1 && i < 128;
      float expected = i < 128 + 64 ? in[i] : 0;
      assertEquals(arrived ? expected : Float.NaN, got[i], "number " + i);
    }
  }

  @Test
  void misalignedCopiesFail() {
    Lab lab = Lab.open(1);
    var in = lab.floats(new float[256]);
    var out = lab.empty(1024);
    assertEquals(MISALIGNED, lab.run("copy_misaligned", new int[] {1, 32}, at(in), at(out)));
    assertSaid("copy_16 from an address that is no multiple of 16");
  }

  @Test
  void blocksComeInAnyOrder() {
    int[] plain = IntStream.range(0, 12).toArray();
    assertArrayEquals(plain, order(0));
    int[] one = order(1);
    assertTrue(!Arrays.equals(plain, one) || !Arrays.equals(plain, order(2)));
    assertArrayEquals(one, order(1));
    Arrays.sort(one);
    assertArrayEquals(plain, one);
  }

  private static int[] order(int seed) {
    Lab lab = Lab.open(seed);
    var order = lab.empty(48);
    assertEquals(0, lab.run("note_order", new int[] {12, 32}, at(order), at(lab.ints(0))));
    return lab.ints(order, 12);
  }

  @ParameterizedTest
  @CsvSource({"multiply_tf32,8,0.004", "multiply_bf16,16,0.05"})
  void tensorCoresMultiply(String kernel, int depth, double tolerance) {
    Lab lab = Lab.open(5);
    var random = new SplittableRandom(5);
    float[] a = new float[16 * depth];
    float[] b = new float[8 * depth];
    for (int i = 0; i < a.length; i++) {
      a[i] = (float) (2 * random.nextDouble() - 1);
    }
    for (int i = 0; i < b.length; i++) {
      b[i] = (float) (2 * random.nextDouble() - 1);
    }
    var d = lab.empty(4 * 128);
    assertEquals(
        0, lab.run(kernel, new int[] {1, 32}, at(lab.floats(a)), at(lab.floats(b)), at(d)));
    float[] got = lab.floats(d, 128);
    boolean rounded = false;
    for (int row = 0; row < 16; row++) {
      for (int column = 0; column < 8; column++) {
        double sum = 0;
        for (int k = 0; k < depth; k++) {
          sum += (double) a[row * depth + k] * b[k * 8 + column];
        }
        assertEquals(sum, got[row * 8 + column], tolerance);
        rounded |= Math.abs(sum - got[row * 8 + column]) > 1e-5;
      }
    }
    assertTrue(rounded, "operands must lose bits");
  }

  @Test
  void sumsThroughWarpsAreExact() {
    Lab lab = Lab.open(9);
    float[] in = new float[512];
    for (int i = 0; i < in.length; i++) {
      in[i] = i;
    }
    var out = lab.empty(16);
    assertEquals(0, lab.run("sum_block", new int[] {2, 256}, at(lab.floats(in)), at(out)));
    double[] sums = new double[2];
    assertEquals(0, JCudaDriver.cuMemcpyDtoH(jcuda.Pointer.to(sums), out, 16));
    assertArrayEquals(new double[] {255 * 128, 255 * 128 + 65536}, sums);
  }
}
