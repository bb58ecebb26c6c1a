package org.jarl.nn;

import java.util.Locale;
import java.util.Optional;

/// How exactly matrix products and convolutions are computed. Sums are always of f32, and so is all
/// else: losses, reductions, optimizers.
public enum Precision {
  /// The device's default: [#TF32] on a GPU that has it, else [#FP32].
  AUTO,
  /// f32 operands.
  FP32,
  /// Operands rounded to 10 bits of mantissa, on tensor cores.
  TF32,
  /// Operands rounded to bf16 (7 bits of mantissa), on tensor cores; parameters stay f32.
  BF16;

  /// Refuses what only a GPU can do.
  ///
  /// @throws UnsupportedOperationException unless this is [#AUTO] or [#FP32]
  public void requireFp32(String device) {
    problem(device)
        .ifPresent(problem -> {
          throw new UnsupportedOperationException(problem);
        });
  }

  /// Why a device that only computes in f32 cannot do this; empty where it can.
  public Optional<String> problem(String device) {
    return this == AUTO || this == FP32
        ? Optional.empty()
        : Optional.of(
            "device %s computes in fp32, and precision %s is a choice of device cuda: leave it out"
                .formatted(device, key()));
  }

  /// The name in files and options: `fp32`.
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
