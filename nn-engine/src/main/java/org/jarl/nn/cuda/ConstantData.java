package org.jarl.nn.cuda;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import jcuda.driver.CUdeviceptr;

/// What a program reads and never changes: offsets, chains of operations, numbers.
final class ConstantData {
  private static final long CHUNK = 1 << 18;

  private final Transfer transfer;
  private final Driver driver;
  private final String what;
  private final List<DeviceMemory> chunks = new ArrayList<>();
  private final Map<List<Integer>, Long> known = new HashMap<>();
  private long used;

  /// Of what was taken last.
  private long lastAddress;

  ConstantData(Driver driver, Transfer transfer, String program) {
    this.driver = driver;
    this.transfer = transfer;
    this.what = "constants of program " + program;
  }

  /// Device address of these words; equal ones are kept once.
  long of(int[] words) {
    List<Integer> key = Arrays.stream(words).boxed().toList();
    Long place = known.get(key);
    if (place == null) {
      CUdeviceptr at = take(4L * words.length);
      transfer.toDevice(MemorySegment.ofArray(words), at);
      place = lastAddress;
      known.put(key, place);
    }
    return place;
  }

  /// Device address of so many equal numbers.
  long constant(float value, int count) {
    int bits = Float.floatToRawIntBits(value);
    if (count == 1) {
      return of(new int[] {bits});
    }
    driver.fill(take(4L * count), bits, count, transfer.stream());
    return lastAddress;
  }

  private CUdeviceptr take(long bytes) {
    long aligned = (bytes + 63) / 64 * 64;
    if (chunks.isEmpty() || used + aligned > chunks.getLast().bytes()) {
      chunks.add(driver.allocate(what, Math.max(CHUNK, aligned)));
      used = 0;
    }
    DeviceMemory chunk = chunks.getLast();
    lastAddress = chunk.address() + used;
    CUdeviceptr at = chunk.at(used);
    used += aligned;
    return at;
  }

  long bytes() {
    return chunks.stream().mapToLong(DeviceMemory::bytes).sum();
  }

  void free() {
    chunks.forEach(driver::free);
    chunks.clear();
  }
}
