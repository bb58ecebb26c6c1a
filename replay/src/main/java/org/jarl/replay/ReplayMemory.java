package org.jarl.replay;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/// Memory of a [ReplayBuffer]: how much it takes, whether that fits, and the message where it does
/// not.
public final class ReplayMemory {
  private static final double GIB = 1L << 30;
  private static final double MIB = 1L << 20;

  private ReplayMemory() {}

  /// Bytes outside the heap that a buffer of these settings takes.
  public static long bytes(ReplaySettings settings) {
    return settings.stacks()
        ? FrameStore.bytes(settings)
        : settings.rowCount()
            * TransitionRows.rowBytes(settings.observationSpace().bytes(), settings.spec());
  }

  /// Capacity and memory in words: `1,000,000 transitions, 6.7 GiB outside the heap`.
  public static String summary(ReplaySettings settings) {
    return String.format(
        Locale.ROOT,
        "%,d transitions, %s outside the heap",
        settings.capacity(),
        size(bytes(settings)));
  }

  /// Bytes of memory that this machine has, or the container lets it have.
  static long ofMachine() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getTotalMemorySize();
  }

  /// Bytes that this JVM may take outside its heap.
  static long ofJvm() {
    long set =
        Long.parseLong(
            ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .getVMOption("MaxDirectMemorySize")
                .getValue());
    // 0 is the default and means as much as the heap may take.
    return set > 0 ? set : Runtime.getRuntime().maxMemory();
  }

  /// Refuses what would not leave an eighth of the memory to all else.
  ///
  /// @param machine bytes that there are
  /// @throws IllegalArgumentException with the capacity that would fit
  static void requireFits(ReplaySettings settings, long machine) {
    long most = machine / 8 * 7;
    if (bytes(settings) > most) {
      throw new IllegalArgumentException(
          "%s, and of this machine's %s a replay buffer may take %s: %s"
              .formatted(need(settings), size(machine), size(most), advice(settings, most)));
    }
  }

  /// Says that the memory could not be had.
  ///
  /// @param jvm bytes that the JVM may take outside its heap
  static String notToBeHad(ReplaySettings settings, long jvm) {
    long bytes = bytes(settings);
    return bytes > jvm
        ? "%s, and this JVM may use %s there: %s, or give the JVM -XX:MaxDirectMemorySize=%dm"
            .formatted(need(settings), size(jvm), advice(settings, jvm), bytes / (1 << 20) + 512)
        : "%s, and the system did not give them: set a smaller capacity or end other programs"
            .formatted(need(settings));
  }

  private static String need(ReplaySettings settings) {
    return String.format(
        Locale.ROOT,
        "a replay capacity of %,d transitions takes %s outside the heap (%,d bytes each)",
        settings.capacity(),
        size(bytes(settings)),
        bytes(settings) / settings.capacity());
  }

  private static String advice(ReplaySettings settings, long most) {
    int low = 0;
    int high = settings.capacity();
    while (low < high) {
      int middle = (int) ((low + (long) high + 1) / 2);
      if (bytes(settings.withCapacity(middle)) <= most) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low == 0
        ? "not even one would fit"
        : String.format(Locale.ROOT, "set a capacity of at most %,d", low);
  }

  /// Bytes in words, for example `6.7 GiB`.
  static String size(long bytes) {
    return bytes < GIB
        ? String.format(Locale.ROOT, "%,.1f MiB", bytes / MIB)
        : String.format(Locale.ROOT, "%,.1f GiB", bytes / GIB);
  }
}
