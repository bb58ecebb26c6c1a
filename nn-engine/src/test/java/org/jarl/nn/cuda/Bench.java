package org.jarl.nn.cuda;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import jcuda.driver.CUstream;
import org.jarl.nn.Precision;
import org.jarl.nn.Tensor;

/// Runs the launches of single operations, without a compiler.
final class Bench implements AutoCloseable {
  private final Driver driver = new Driver(Gpu.find());
  private final CUstream stream = driver.stream();
  private final Transfer transfer = new Transfer(driver, stream);
  private final List<DeviceMemory> memory = new ArrayList<>();

  /// Gives the emulated device another order of threads; a real one has its own.
  static void seed(long seed) {
    if (!EmulatedDriver.real()) {
      EmulatedDriver.configure("seed", seed);
    }
  }

  /// Memory with this content, until the next [#run] is over.
  long upload(MemorySegment content) {
    DeviceMemory place = allocate(content.byteSize());
    transfer.toDevice(content, place.handle());
    return place.address();
  }

  private DeviceMemory allocate(long bytes) {
    DeviceMemory place = driver.allocate("a test", bytes);
    memory.add(place);
    return place;
  }

  /// The elements of a tensor.
  ///
  /// @param values of its inputs; null for one that is not read
  /// @param launches made from where its memory is
  float[] run(
      Tensor t,
      List<float[]> values,
      Precision precision,
      long workspace,
      Function<Placement, List<Launch>> launches) {
    Map<Tensor, Long> places = new HashMap<>();
    for (int i = 0; i < values.size(); i++) {
      if (values.get(i).length > 0) {
        places.put(t.inputs().get(i), upload(MemorySegment.ofArray(values.get(i))));
      }
    }
    float[] result = new float[t.shape().elements()];
    DeviceMemory to = allocate(4L * result.length);
    places.put(t, to.address());
    long beside = allocate(workspace).address();
    launches
        .apply(new Place(places, beside, precision))
        .forEach(launch -> driver.launch(launch, stream));
    transfer.toHost(to.handle(), MemorySegment.ofArray(result));
    memory.forEach(driver::free);
    memory.clear();
    return result;
  }

  private final class Place implements Placement {
    private final Map<Tensor, Long> places;
    private final long workspace;
    private final Precision precision;

    Place(Map<Tensor, Long> places, long workspace, Precision precision) {
      this.places = places;
      this.workspace = workspace;
      this.precision = precision;
    }

    @Override
    public long place(Tensor tensor) {
      return places.getOrDefault(tensor, 0L);
    }

    @Override
    public long workspace() {
      return workspace;
    }

    @Override
    public long table(int[] words) {
      return upload(MemorySegment.ofArray(words));
    }

    @Override
    public Precision precision() {
      return precision;
    }
  }

  @Override
  public void close() {
    transfer.free();
    driver.destroy(stream);
    driver.close();
  }
}
