package org.jarl.nn.cuda;

import java.util.List;
import org.jarl.nn.Graph;
import org.jarl.nn.Op;
import org.jarl.nn.Precision;
import org.jarl.nn.Tensor;

/// Which kernels compute which operation.
final class Operations {
  private Operations() {}

  /// Bytes that an operation needs beside its result.
  static long workspace(Tensor t, Precision precision) {
    return switch (t.op()) {
      default -> 0;
    };
  }

  /// The launches that compute a tensor, to be run one after the other.
  static List<Launch> launches(Tensor t, Site site) {
    return switch (t.op()) {
      case Op.Input _, Op.Variable _, Op.Constant _, Op.Reshape _, Op.StopGradient _ -> List.of();
      default -> throw new IllegalStateException("no kernel computes " + t);
    };
  }

  /// The launches of an effect, to be run one after the other.
  ///
  /// @param control address of the run's state, or 0 where nothing can stop it; see gpu.cuh
  static List<Launch> launches(Graph.Effect effect, Site site, long control) {
    if (control == 0 && effect instanceof Graph.Effect.Blend(var from, var to, float rate)) {
      if (rate == 1) {
        CudaStorage source = CudaStorage.of(from);
        return List.of(copy(source.address(), CudaStorage.of(to).address(), source.bytes()));
      }
    }
    throw new IllegalStateException("no kernel computes " + effect + " at " + site);
  }

  /// Copies a tensor's memory.
  static Launch copy(long from, long to, long bytes) {
    return new Launch("copy_bytes", 256)
        .grid(Math.clamp(bytes / 4096, 1, 1024))
        .pointer(from)
        .pointer(to)
        .word(bytes);
  }
}
