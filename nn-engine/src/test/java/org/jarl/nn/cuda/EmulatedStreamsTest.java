package org.jarl.nn.cuda;

import static org.jarl.nn.cuda.Lab.at;
import static org.jarl.nn.cuda.Lab.word;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import jcuda.Pointer;
import jcuda.driver.CUevent;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Work that nobody waited for must not be over, and orders that nobody asked for must not be kept.
@WithEmulatedDriver(only = true)
class EmulatedStreamsTest {
  private static final int[] SHAPE = {1, 32};

  private Lab lab = Lab.open(1);

  @AfterEach
  void reset() {
    EmulatedDriver.reset();
  }

  /// Starts `to[0] = from[0] + number`.
  private void add(CUstream stream, DeviceMemory.Handle from, DeviceMemory.Handle to, int number) {
    assertEquals(
        0, lab.start(stream, "add_number", SHAPE, at(from), at(to), word(number), word(1)));
  }

  private CUevent event() {
    CUevent event = new CUevent();
    assertEquals(0, JCudaDriver.cuEventCreate(event, 0));
    return event;
  }

  private static void record(CUevent event, CUstream stream) {
    assertEquals(0, JCudaDriver.cuEventRecord(event, stream));
  }

  private static void await(CUstream stream, CUevent event) {
    assertEquals(0, JCudaDriver.cuStreamWaitEvent(stream, event, 0));
  }

  private static void finish(CUstream stream) {
    assertEquals(0, JCudaDriver.cuStreamSynchronize(stream));
  }

  @Test
  void whatComesBackIsThereAfterAWaitOnly() {
    EmulatedDriver.configure("early", 0);
    var from = lab.ints(42);
    PinnedMemory to = lab.pinned(0);
    CUstream stream = lab.stream();
    assertEquals(0, JCudaDriver.cuMemcpyDtoHAsync(to.pointer(), from, 4, stream));
    assertEquals(0, at(to, 0));
    finish(stream);
    assertEquals(42, at(to, 0));
  }

  @Test
  void whatIsSentIsReadLate() {
    EmulatedDriver.configure("early", 0);
    var to = lab.ints(0);
    PinnedMemory from = lab.pinned(1);
    CUstream stream = lab.stream();
    assertEquals(0, JCudaDriver.cuMemcpyHtoDAsync(to, from.pointer(), 4, stream));
    from.segment().set(ValueLayout.JAVA_INT, 0, 2);
    finish(stream);
    assertEquals(2, lab.ints(to, 1)[0]);
  }

  @Test
  void workMayAlsoBeOverBeforeAnyWait() {
    EmulatedDriver.configure("early", 100);
    var from = lab.ints(42);
    PinnedMemory to = lab.pinned(0);
    CUstream stream = lab.stream();
    assertEquals(0, JCudaDriver.cuMemcpyDtoHAsync(to.pointer(), from, 4, stream));
    for (int i = 0; i < 10; i++) {
      event();
    }
    assertEquals(42, at(to, 0));
  }

  @Test
  void aStreamKeepsItsOrder() {
    for (int seed = 0; seed < 20; seed++) {
      lab = Lab.open(seed);
      var memory = lab.ints(0);
      CUstream stream = lab.stream();
      for (int i = 1; i <= 10; i++) {
        add(stream, memory, memory, i);
      }
      finish(stream);
      assertEquals(55, lab.ints(memory, 1)[0]);
    }
  }

  /// One stream writes 5, the other adds to it.
  private int writeThenAddElsewhere(int seed, boolean wait) {
    lab = Lab.open(seed);
    var zero = lab.ints(0);
    var middle = lab.ints(-1000);
    var out = lab.ints(0);
    CUstream first = lab.stream();
    CUstream second = lab.stream();
    add(first, zero, middle, 5);
    if (wait) {
      CUevent event = event();
      record(event, first);
      await(second, event);
    }
    add(second, middle, out, 1);
    finish(second);
    return lab.ints(out, 1)[0];
  }

  @Test
  void streamsThatDoNotWaitForEachOtherShow() {
    long unordered =
        IntStream.range(1, 30).filter(seed -> writeThenAddElsewhere(seed, false) == 6).count();
    assertTrue(unordered > 3 && unordered < 26, unordered + " of 29");
    assertEquals(
        29, IntStream.range(1, 30).filter(seed -> writeThenAddElsewhere(seed, true) == 6).count());
  }

  @Test
  void aQueryEndsAtLast() {
    EmulatedDriver.configure("early", 0);
    CUstream stream = lab.stream();
    var memory = lab.ints(0);
    for (int i = 0; i < 10; i++) {
      add(stream, memory, memory, 1);
    }
    CUevent event = event();
    record(event, stream);
    assertEquals(600, JCudaDriver.cuEventQuery(event));
    int asked = 1;
    while (JCudaDriver.cuEventQuery(event) == 600) {
      asked++;
    }
    assertTrue(asked > 2 && asked < 13, "asked " + asked);
    assertEquals(0, JCudaDriver.cuStreamQuery(stream));
  }

  @Test
  void timesBetweenEventsAreMeasured() {
    CUstream stream = lab.stream();
    CUevent before = event();
    CUevent after = event();
    record(before, stream);
    add(stream, lab.ints(1), lab.ints(1), 1);
    record(after, stream);
    float[] milliseconds = new float[1];
    assertEquals(0, JCudaDriver.cuEventSynchronize(after));
    assertEquals(0, JCudaDriver.cuEventElapsedTime(milliseconds, before, after));
    assertTrue(milliseconds[0] > 0 && milliseconds[0] < 10_000, milliseconds[0] + " ms");
  }

  /// `memory` is one number that is doubled in the middle of two streams' additions.
  private CUgraphExec fork(DeviceMemory.Handle[] cells, boolean join) {
    CUstream main = lab.stream();
    CUstream side = lab.stream();
    CUevent fork = event();
    CUevent joined = event();
    return lab.capture(
        main,
        () -> {
          add(main, cells[0], cells[1], 1);
          record(fork, main);
          await(side, fork);
          add(side, cells[1], cells[2], 10);
          add(main, cells[1], cells[3], 100);
          record(joined, side);
          await(main, joined);
          if (join) {
            add(main, cells[2], cells[0], 1000);
          }
        });
  }

  private DeviceMemory.Handle[] cells(int count) {
    DeviceMemory.Handle[] cells = new DeviceMemory.Handle[count];
    for (int i = 0; i < count; i++) {
      cells[i] = lab.ints(0);
    }
    return cells;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
  void aGraphKeepsWhatItsStreamsWaitedFor(int seed) {
    lab = Lab.open(seed);
    var cells = cells(4);
    CUgraphExec graph = fork(cells, true);
    assertEquals(0, lab.ints(cells[1], 1)[0], "a capture runs nothing");
    CUstream stream = lab.stream();
    for (int i = 0; i < 3; i++) {
      assertEquals(0, JCudaDriver.cuGraphLaunch(graph, stream));
    }
    finish(stream);
    assertEquals(3 * 1011, lab.ints(cells[0], 1)[0]);
    assertEquals(2 * 1011 + 1, lab.ints(cells[1], 1)[0]);
    assertEquals(2 * 1011 + 11, lab.ints(cells[2], 1)[0]);
    assertEquals(2 * 1011 + 101, lab.ints(cells[3], 1)[0]);
    assertEquals(3, EmulatedDriver.count("graph_launches"));
    assertEquals(0, JCudaDriver.cuGraphExecDestroy(graph));
    assertEquals(0, EmulatedDriver.count("executables"));
  }

  /// Two chains in a graph, of which the second reads what the first writes without waiting.
  @Test
  void aMissingEdgeOfAGraphShows() {
    AtomicInteger right = new AtomicInteger();
    for (int seed = 1; seed < 30; seed++) {
      lab = Lab.open(seed);
      var cells = cells(3);
      CUstream main = lab.stream();
      CUstream side = lab.stream();
      CUevent fork = event();
      CUevent joined = event();
      CUgraphExec graph =
          lab.capture(
              main,
              () -> {
                record(fork, main);
                await(side, fork);
                add(main, cells[0], cells[1], 5);
                add(side, cells[1], cells[2], 1);
                record(joined, side);
                await(main, joined);
              });
      assertEquals(0, JCudaDriver.cuGraphLaunch(graph, main));
      finish(main);
      right.addAndGet(lab.ints(cells[2], 1)[0] == 6 ? 1 : 0);
    }
    assertTrue(right.get() > 3 && right.get() < 26, right + " of 29");
  }

  @Test
  void aStreamThatDoesNotComeBackSpoilsACapture() {
    CUstream main = lab.stream();
    CUstream side = lab.stream();
    var cells = cells(2);
    CUevent fork = event();
    assertEquals(0, JCudaDriver.cuStreamBeginCapture(main, 0));
    record(fork, main);
    await(side, fork);
    add(side, cells[0], cells[1], 1);
    assertEquals(904, JCudaDriver.cuStreamEndCapture(main, new CUgraph()));
    finish(side);
    assertEquals(0, lab.ints(cells[1], 1)[0]);
  }

  @Test
  void whatACaptureForbidsSpoilsIt() {
    CUstream stream = lab.stream();
    var cells = cells(2);
    assertEquals(0, JCudaDriver.cuStreamBeginCapture(stream, 0));
    assertEquals(900, JCudaDriver.cuMemAlloc(new DeviceMemory.Handle(), 64));
    assertEquals(
        901, lab.start(stream, "add_number", SHAPE, at(cells[0]), at(cells[1]), word(1), word(1)));
    assertEquals(901, JCudaDriver.cuStreamEndCapture(stream, new CUgraph()));

    assertEquals(0, JCudaDriver.cuStreamBeginCapture(stream, 1));
    assertEquals(900, JCudaDriver.cuStreamSynchronize(stream));
    assertEquals(901, JCudaDriver.cuStreamEndCapture(stream, new CUgraph()));

    CUevent outside = event();
    CUstream other = lab.stream();
    record(outside, other);
    assertEquals(0, JCudaDriver.cuStreamBeginCapture(stream, 1));
    assertEquals(905, JCudaDriver.cuStreamWaitEvent(stream, outside, 0));
    assertEquals(901, JCudaDriver.cuStreamEndCapture(stream, new CUgraph()));
  }

  @Test
  void aCopyInAGraphReadsTheHostEachTime() {
    CUstream stream = lab.stream();
    PinnedMemory from = lab.pinned(1, 2);
    PinnedMemory to = lab.pinned(0, 0);
    var memory = lab.empty(8);
    CUgraphExec graph =
        lab.capture(
            stream,
            () -> {
              assertEquals(0, JCudaDriver.cuMemcpyHtoDAsync(memory, from.pointer(), 8, stream));
              assertEquals(0, JCudaDriver.cuMemsetD32Async(memory, 9, 1, stream));
              assertEquals(0, JCudaDriver.cuMemcpyDtoHAsync(to.pointer(), memory, 8, stream));
            });
    for (int i = 5; i < 8; i++) {
      from.segment().set(ValueLayout.JAVA_INT, 4, i);
      assertEquals(0, JCudaDriver.cuGraphLaunch(graph, stream));
      finish(stream);
      assertEquals(9, at(to, 0));
      assertEquals(i, at(to, 1));
    }
  }

  @Test
  void copiesBesideAllocationsAreRefused() {
    var memory = lab.empty(400);
    int[] words = new int[101];
    assertEquals(1, JCudaDriver.cuMemcpyHtoD(memory, Pointer.to(words), 404));
    assertEquals(1, JCudaDriver.cuMemcpyDtoH(Pointer.to(words), memory, 404));
    assertEquals(1, JCudaDriver.cuMemsetD8(memory, (byte) 0, 401));
    assertEquals(0, JCudaDriver.cuMemcpyHtoD(memory, Pointer.to(words), 400));
  }
}
