package org.jarl.nn;

/// Element type of a tensor.
public enum DType {
  /// 32-bit IEEE 754.
  F32(4),
  /// Unsigned byte; an input type, turned into [#F32] by [Tensor#toF32].
  U8(1),
  /// 32-bit signed integer, for indices.
  I32(4);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /// Bytes of one element.
  public int bytes() {
    return bytes;
  }
}
