// What tests steer the emulated driver with, and the names of its errors.
#include "driver.h"
#include <cstdio>
#include <cstdlib>
#include <sstream>

#define CONTROL extern "C" __attribute__((visibility("default")))

namespace {

struct Error {
  int code;
  const char* name;
  const char* text;
};

const Error errors[] = {
    {0, "CUDA_SUCCESS", "no error"},
    {1, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {2, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {3, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {46, "CUDA_ERROR_DEVICE_UNAVAILABLE", "CUDA-capable device(s) is/are busy or unavailable"},
    {100, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {101, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {200, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {201, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {209, "CUDA_ERROR_NO_BINARY_FOR_GPU",
     "no kernel image is available for execution on the device"},
    {214, "CUDA_ERROR_ECC_UNCORRECTABLE", "uncorrectable ECC error encountered"},
    {218, "CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"},
    {222, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION",
     "the provided PTX was compiled with an unsupported toolchain."},
    {400, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {500, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {600, "CUDA_ERROR_NOT_READY", "device not ready"},
    {700, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {701, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"},
    {702, "CUDA_ERROR_LAUNCH_TIMEOUT", "the launch timed out and was terminated"},
    {716, "CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address"},
    {719, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH",
     "system has unsupported display driver / cuda driver combination"},
    {900, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED",
     "operation not permitted when stream is capturing"},
    {901, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED",
     "operation failed due to a previous error during capture"},
    {902, "CUDA_ERROR_STREAM_CAPTURE_MERGE",
     "operation would result in a merge of separate capture sequences"},
    {903, "CUDA_ERROR_STREAM_CAPTURE_UNMATCHED",
     "capture was not ended in the same stream as it began"},
    {904, "CUDA_ERROR_STREAM_CAPTURE_UNJOINED", "capturing stream has unjoined work"},
    {905, "CUDA_ERROR_STREAM_CAPTURE_ISOLATION",
     "dependency created on uncaptured work in another stream"},
    {906, "CUDA_ERROR_STREAM_CAPTURE_IMPLICIT",
     "operation would make the legacy stream depend on a capturing blocking stream"},
    {907, "CUDA_ERROR_CAPTURED_EVENT",
     "operation not permitted on an event last recorded in a capturing stream"},
    {908, "CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD",
     "attempt to terminate a thread-local capture sequence from another thread"},
    {999, "CUDA_ERROR_UNKNOWN", "unknown error"},
};

const Error* find_error(int code) {
  for (const Error& error : errors)
    if (error.code == code) return &error;
  return nullptr;
}

bool configure(const std::string& name, int64_t value) {
  Settings& settings = device.settings;
  if (name == "seed") {
    randomness.seed(static_cast<uint64_t>(value));
  } else if (name == "devices") {
    settings.devices = static_cast<int>(value);
  } else if (name == "driver") {
    settings.driver = static_cast<int>(value);
  } else if (name == "capability") {
    settings.capability = static_cast<int>(value);
  } else if (name == "multiprocessors") {
    settings.multiprocessors = static_cast<int>(value);
  } else if (name == "memory") {
    settings.memory = static_cast<size_t>(value);
  } else if (name == "early") {
    settings.early = static_cast<int>(value);
  } else if (name == "quiet") {
    settings.quiet = value != 0;
  } else {
    return false;
  }
  return true;
}

}  // namespace

// JARL_EMULATED="devices=1 memory=1000000 fail=cuMemAlloc_v2:2:3" asks for what emulated_configure
// and emulated_fail do, in programs that tests start.
void configure_from_environment() {
  const char* text = std::getenv("JARL_EMULATED");
  std::istringstream words(text ? text : "");
  std::string word;
  while (words >> word) {
    size_t equals = word.find('=');
    std::string name = word.substr(0, equals);
    std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
    char function[100] = "";
    int code = 0, after = 0;
    int read = std::sscanf(value.c_str(), "%99[^:]:%d:%d", function, &code, &after);
    if (name == "fail" && read >= 2)
      device.plan_failure(function, code, after);
    else if (name == "fail" || !configure(name, std::atoll(value.c_str())))
      std::fprintf(stderr, "emulated driver: JARL_EMULATED does not know %s\n", word.c_str());
  }
}

API cuGetErrorName(int code, const char** name) {
  const Error* error = find_error(code);
  *name = error ? error->name : nullptr;
  return error ? success : invalid_value;
}

API cuGetErrorString(int code, const char** text) {
  const Error* error = find_error(code);
  *text = error ? error->text : nullptr;
  return error ? success : invalid_value;
}

// Sets one of seed (0: everything in plain order), devices, driver, capability (90 for 9.0),
// multiprocessors, memory (bytes), early (per cent), quiet (1: nothing on stderr); 0 if there is no
// such name.
CONTROL int emulated_configure(const char* name, int64_t value) {
  std::lock_guard<std::recursive_mutex> guard(driver.lock);
  return configure(name, value);
}

// Lets a call of a function of the driver (or an execution of a kernel, or of any: "kernel") fail
// after so many that do not. Errors after which a real device is of no use lose this one too.
CONTROL void emulated_fail(const char* function, int code, int after) {
  std::lock_guard<std::recursive_mutex> guard(driver.lock);
  device.plan_failure(function, code, after);
}

// A new process: nothing is initialized or allocated, every handle is invalid, the seed is 1.
CONTROL void emulated_reset() {
  std::lock_guard<std::recursive_mutex> guard(driver.lock);
  device.reset();
  driver.modules.clear();
  driver.functions.clear();
  driver.streams.clear();
  driver.events.clear();
  driver.graphs.clear();
  driver.executables.clear();
  driver.captures.clear();
  driver.legacy = {};
  driver.initialized = false;
  driver.contexts = 0;
  driver.epoch++;
  driver.launches = driver.graph_launches = driver.copies = 0;
  randomness.seed(1);
}

// How many there are (allocations, pinned, bytes, modules, streams, events, graphs, executables,
// contexts) or have been since the start (launches, graph_launches, copies); -1 for other names.
CONTROL int64_t emulated_count(const char* what) {
  std::lock_guard<std::recursive_mutex> guard(driver.lock);
  const std::pair<const char*, uint64_t> counts[] = {
      {"allocations", device.memory.count()},
      {"pinned", device.pinned.count()},
      {"bytes", device.memory.used()},
      {"modules", driver.modules.count()},
      {"streams", driver.streams.count()},
      {"events", driver.events.count()},
      {"graphs", driver.graphs.count()},
      {"executables", driver.executables.count()},
      {"contexts", static_cast<uint64_t>(driver.contexts)},
      {"launches", driver.launches},
      {"graph_launches", driver.graph_launches},
      {"copies", driver.copies},
  };
  for (const auto& [name, count] : counts)
    if (std::string(name) == what) return static_cast<int64_t>(count);
  return -1;
}

// Why the device is lost: kernel, block, thread and reason; empty if it is not.
CONTROL const char* emulated_message() { return device.message().c_str(); }

// PTX that declares every kernel of this library, for those that have no PTX of their own; the
// text lives until the next call.
CONTROL const char* emulated_ptx() {
  static std::string text;
  text = ".version 7.0\n.target sm_75\n.address_size 64\n";
  for (const auto& [name, kernel] : all_kernels()) {
    text += ".visible .entry " + name + "(";
    for (int i = 0; i < kernel.count; i++)
      text += std::string(i ? ", " : "") + ".param .b" + std::to_string(kernel.sizes[i] * 8) +
              " " + name + "_param_" + std::to_string(i);
    text += ")\n{\n}\n";
  }
  return text.c_str();
}
