package org.jarl.nn.cuda;

import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import jcuda.driver.CUdevice;
import jcuda.driver.JCudaDriver;
import org.jarl.nn.Precision;

/// The GPU that programs run on: the first one that the driver shows.
///
/// @param device as the driver knows it
/// @param name for people, for example `NVIDIA H200`
/// @param capability compute capability times ten: 90 for 9.0
/// @param memoryBytes of the device
/// @param driver newest version of CUDA that the driver knows: 13000 for 13.0
record Gpu(CUdevice device, String name, int capability, long memoryBytes, int driver) {
  /// What the kernels' PTX needs.
  private static final int LEAST_DRIVER = 11_040;

  private static final int LEAST_CAPABILITY = 75;

  /// Has tensor cores for tf32 and bf16.
  private static final int TENSOR_CAPABILITY = 80;

  private static final Object LOCK = new Object();
  private static boolean loaded;

  /// Looks for a GPU. Whoever has none learns why; nothing is left behind then.
  ///
  /// @throws UnsupportedOperationException if there is none that can be used, saying why
  static Gpu find() {
    synchronized (LOCK) {
      if (!loaded) {
        String missing = NativeLibrary.missingDriver();
        if (!missing.isEmpty()) {
          throw unusable(missing + "; install the driver for your GPU from nvidia.com");
        }
        load();
        loaded = true;
      }
    }
    int result = JCudaDriver.cuInit(0);
    if (result != 0) {
      throw unusable(
          "the NVIDIA driver does not start (%s); is there an NVIDIA GPU, and does nvidia-smi show it?"
              .formatted(Driver.describe(result)));
    }
    int[] number = new int[1];
    require(JCudaDriver.cuDriverGetVersion(number), "asking the driver for its version");
    int driver = number[0];
    if (driver < LEAST_DRIVER) {
      throw unusable(
          "the NVIDIA driver knows CUDA %d.%d, and Jarl needs 11.4 or newer (driver 470): update the driver"
              .formatted(driver / 1000, driver % 1000 / 10));
    }
    require(JCudaDriver.cuDeviceGetCount(number), "counting devices");
    if (number[0] == 0) {
      throw unusable("the NVIDIA driver shows no GPU; is CUDA_VISIBLE_DEVICES set to none?");
    }
    Gpu gpu = describe(driver);
    if (gpu.capability < LEAST_CAPABILITY) {
      throw unusable(
          "%s has compute capability %d.%d, and Jarl needs 7.5 or newer (Turing, 2018)"
              .formatted(gpu.name, gpu.capability / 10, gpu.capability % 10));
    }
    return gpu;
  }

  private static void load() {
    try {
      NativeLibrary.load();
    } catch (IOException | LinkageError e) {
      throw new UnsupportedOperationException(
          "JCuda's library cannot be loaded (%s); is org.jcuda:jcuda-natives:12.6.0 of this platform on"
              .formatted(e)
              .concat(" the class path, and may the folder of temporary files hold programs?"),
          e);
    }
  }

  private static Gpu describe(int driver) {
    CUdevice device = new CUdevice();
    require(JCudaDriver.cuDeviceGet(device, 0), "opening the first GPU");
    byte[] name = new byte[256];
    require(JCudaDriver.cuDeviceGetName(name, name.length, device), "asking a GPU for its name");
    int length = 0;
    while (length < name.length && name[length] != 0) {
      length++;
    }
    long[] memory = new long[1];
    require(JCudaDriver.cuDeviceTotalMem(memory, device), "asking a GPU for its memory");
    int capability =
        10 * attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)
            + attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
    return new Gpu(
        device, new String(name, 0, length, StandardCharsets.UTF_8), capability, memory[0], driver);
  }

  private static int attribute(CUdevice device, int which) {
    int[] value = new int[1];
    require(JCudaDriver.cuDeviceGetAttribute(value, which, device), "asking a GPU what it can do");
    return value[0];
  }

  private static void require(int result, String what) {
    if (result != 0) {
      throw unusable("%s failed: %s".formatted(what, Driver.describe(result)));
    }
  }

  private static UnsupportedOperationException unusable(String why) {
    return new UnsupportedOperationException(why);
  }

  /// Whether it multiplies matrices in tf32 and bf16.
  boolean hasTensorCores() {
    return capability >= TENSOR_CAPABILITY;
  }

  /// The precision that is wanted, or its own for [Precision#AUTO].
  ///
  /// @throws UnsupportedOperationException if it lacks it
  Precision choose(Precision wanted) {
    if (wanted == Precision.AUTO) {
      return hasTensorCores() ? Precision.TF32 : Precision.FP32;
    }
    if (wanted != Precision.FP32 && !hasTensorCores()) {
      throw unusable(
          "precision %s needs compute capability 8.0 or newer, and this is %s: use fp32"
              .formatted(wanted.key(), this));
    }
    return wanted;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s (compute capability %d.%d, %.1f GiB, CUDA %d.%d)",
        name,
        capability / 10,
        capability % 10,
        memoryBytes / (double) (1L << 30),
        driver / 1000,
        driver % 1000 / 10);
  }
}
