// A libcuda.so.1 whose device is this processor: devices, contexts, modules, launches and memory.
// streams.cpp has streams, events and graphs; control.cpp what tests steer it with.
#include "driver.h"
#include <cstdio>

Driver driver;

namespace {

// Not an address of anything: the one primary context.
void* const primary = reinterpret_cast<void*>(0x1c0de);

thread_local void* current = nullptr;
thread_local uint64_t current_epoch = 0;

std::map<std::string, Kernel>& kernels() {
  static std::map<std::string, Kernel> all;
  return all;
}

void complain(const std::string& text) {
  if (!device.settings.quiet) std::fprintf(stderr, "emulated driver: %s\n", text.c_str());
}

// The most shared memory that a block may ask for.
unsigned most_shared_bytes() {
  switch (device.settings.capability) {
    case 75: return 64 << 10;
    case 80: case 87: return 163 << 10;
    case 86: case 89: case 120: return 99 << 10;
    default: return 227 << 10;
  }
}

bool valid_device(int number) { return number >= 0 && number < device.settings.devices; }

// Of the part of a copy or fill that lies on the device.
bool on_device(uint64_t address, size_t bytes) {
  return device.memory.holds(address, bytes) || device.pinned.holds(address, bytes);
}

int transfer(Stream* stream, uint64_t to, uint64_t from, size_t bytes) {
  if (!stream) return invalid_handle;
  auto work = std::make_shared<Work>();
  work->kind = Work::copy;
  work->to = to;
  work->from = from;
  work->bytes = bytes;
  driver.copies++;
  return submit(*stream, work);
}

int fill(Stream* stream, uint64_t to, unsigned pattern, unsigned width, size_t count) {
  if (!stream) return invalid_handle;
  if (!on_device(to, count * width) || to % width) return invalid_value;
  auto work = std::make_shared<Work>();
  work->kind = Work::fill;
  work->to = to;
  work->bytes = count * width;
  work->pattern = pattern;
  work->width = width;
  return submit(*stream, work);
}

// Waits, as functions do that are not asynchronous.
int finished(int error) { return error ? error : finish(driver.legacy); }

const char* describe_refusal(const Ptx& ptx, int* error) {
  int newest = (device.settings.driver / 1000 - 4) * 10 + device.settings.driver / 10 % 100;
  *error = success;
  if (!ptx.version || !ptx.target) {
    *error = invalid_ptx;
    return "the text has no .version or no .target";
  }
  if (ptx.version > newest) {
    *error = unsupported_ptx_version;
    return "the .version is newer than the driver";
  }
  if (ptx.target > device.settings.capability) {
    *error = invalid_ptx;
    return "the .target is higher than the device";
  }
  return "";
}

// Puts a text into the buffer that option 5 (the log of errors) names, of the size in option 6.
void log_refusal(const char* text, unsigned count, const int* options, void** values) {
  char* log = nullptr;
  size_t bytes = 0;
  for (unsigned i = 0; i < count; i++) {
    if (options[i] == 5) log = static_cast<char*>(values[i]);
    if (options[i] == 6) bytes = reinterpret_cast<size_t>(values[i]) & 0xffffffffu;
  }
  if (log && bytes) std::snprintf(log, bytes, "%s", text);
}

int load_module(void** module, const char* image, unsigned count, int* options, void** values) {
  if (!module || !image) return invalid_value;
  Ptx ptx = parse_ptx(image);
  int error;
  const char* refusal = describe_refusal(ptx, &error);
  if (error) {
    complain(std::string("PTX refused: ") + refusal);
    log_refusal(refusal, count, options, values);
    return error;
  }
  Module* made = driver.modules.create();
  made->ptx = std::move(ptx);
  *module = made;
  return success;
}

// Whether a kernel and its PTX have the same arguments.
bool same_parameters(const Kernel& kernel, const Entry& entry) {
  if (entry.parameters.size() != static_cast<size_t>(kernel.count)) return false;
  for (int i = 0; i < kernel.count; i++)
    if (entry.parameters[static_cast<size_t>(i)] != kernel.sizes[i]) return false;
  return true;
}

int check_shape(const Function& function, dim3 grid, dim3 block, unsigned dynamic_bytes) {
  uint64_t threads = uint64_t{block.x} * block.y * block.z;
  const char* wrong = nullptr;
  int error = invalid_value;
  if (!grid.x || !grid.y || !grid.z || grid.x > 0x7fffffff || grid.y > 65535 || grid.z > 65535) {
    wrong = "a grid has 1 to 2147483647 x 65535 x 65535 blocks";
  } else if (!threads || threads > 1024 || block.z > 64) {
    wrong = "a block has 1 to 1024 threads, at most 64 of them deep";
  } else if (threads > function.entry.most_threads) {
    wrong = "the block has more threads than the kernel's BOUNDS";
    error = out_of_resources;
  } else if (dynamic_bytes > function.most_dynamic_bytes) {
    wrong = "a block has at most 48 KiB of shared memory, or what cuFuncSetAttribute said";
  }
  if (!wrong) return success;
  char text[300];
  std::snprintf(text, sizeof text,
                "launch of %s refused: %s; got %u x %u x %u blocks of %u x %u x %u threads, "
                "%u + %u bytes",
                function.kernel->name, wrong, grid.x, grid.y, grid.z, block.x, block.y, block.z,
                function.entry.shared_bytes, dynamic_bytes);
  complain(text);
  return error;
}

struct Reading {
  const Kernel* kernel;
  void** from;
  unsigned char* to;
};

void read_arguments(void* argument) {
  const Reading& reading = *static_cast<const Reading*>(argument);
  for (int i = 0; i < reading.kernel->count; i++)
    std::memcpy(reading.to + i * 8, reading.from[i], reading.kernel->sizes[i]);
}

// `extra` is 1, buffer, 2, address of its size, 0.
int read_packed(const Kernel& kernel, void** extra, unsigned char* to) {
  const unsigned char* buffer = nullptr;
  size_t bytes = 0, place = 0;
  for (; *extra; extra += 2) {
    if (*extra == reinterpret_cast<void*>(1)) buffer = static_cast<unsigned char*>(extra[1]);
    if (*extra == reinterpret_cast<void*>(2)) bytes = *static_cast<size_t*>(extra[1]);
  }
  for (int i = 0; i < kernel.count; i++) {
    size_t size = kernel.sizes[i];
    place = (place + size - 1) / size * size;
    if (!buffer || place + size > bytes) return invalid_value;
    std::memcpy(to + i * 8, buffer + place, size);
    place += size;
  }
  return place == bytes ? success : invalid_value;
}

// Arguments at addresses that cannot be read are too few arguments.
int read_arguments(const Kernel& kernel, void** parameters, void** extra, unsigned char* to) {
  if (extra) return read_packed(kernel, extra, to);
  if (!parameters) return kernel.count ? invalid_value : success;
  Reading reading = {&kernel, parameters, to};
  begin_guard();
  Fault fault = guarded(read_arguments, &reading);
  end_guard();
  return fault.code ? invalid_value : success;
}

}  // namespace

void emulated_register(const Kernel& kernel) {
  if (!kernels().emplace(kernel.name, kernel).second) {
    complain(std::string("two kernels are called ") + kernel.name);
    std::abort();
  }
}

const Kernel* find_kernel(const std::string& name) {
  auto found = kernels().find(name);
  return found == kernels().end() ? nullptr : &found->second;
}

const std::map<std::string, Kernel>& all_kernels() { return kernels(); }

void set_current_context(void* context) {
  current = context;
  current_epoch = driver.epoch;
}

void* current_context() { return current_epoch == driver.epoch ? current : nullptr; }

uint64_t this_thread() {
  thread_local char here;
  return reinterpret_cast<uint64_t>(&here);
}

Call::Call(const char* function, Needs needs) : error(success), lock_(driver.lock) {
  static const bool configured = (configure_from_environment(), true);
  static_cast<void>(configured);
  if (int planned = device.planned_failure(function)) {
    error = planned;
    bool last = planned == 46 || planned == 214 || planned == 702 || planned == 999 ||
                planned == illegal_address || (planned >= 714 && planned <= 719);
    if (last) device.lose(planned, std::string(function) + " fails because a test wants it");
  } else if (needs != nothing && !driver.initialized) {
    error = not_initialized;
  } else if (needs >= context && !current_context()) {
    error = invalid_context;
  } else if (needs >= context && device.lost) {
    error = device.lost;
  }
  if (error || needs < context) return;
  if (randomness.below(100) < static_cast<uint64_t>(device.settings.early) &&
      !randomness.plain()) {
    device.poll();
    error = device.lost;
  }
  if (needs != safety || error) return;
  for (Capture* capture : driver.captures) {
    if (capture->mode == 2 || (capture->mode == 1 && capture->thread != this_thread())) continue;
    capture->invalid = capture_invalidated;
    error = capture_unsupported;
  }
}

API cuInit(unsigned flags) {
  Call call(__func__, Call::nothing);
  if (call.error) return call.error;
  if (flags) return invalid_value;
  if (device.settings.devices == 0) return no_device;
  driver.initialized = true;
  driver.legacy.legacy = true;
  return success;
}

API cuDriverGetVersion(int* version) {
  Call call(__func__, Call::nothing);
  if (call.error) return call.error;
  *version = device.settings.driver;
  return success;
}

API cuDeviceGetCount(int* count) {
  Call call(__func__, Call::initialization);
  if (call.error) return call.error;
  *count = device.settings.devices;
  return success;
}

API cuDeviceGet(int* handle, int ordinal) {
  Call call(__func__, Call::initialization);
  if (call.error) return call.error;
  if (!valid_device(ordinal)) return invalid_device;
  *handle = ordinal;
  return success;
}

API cuDeviceGetName(char* name, int bytes, int number) {
  Call call(__func__, Call::initialization);
  if (call.error) return call.error;
  if (!valid_device(number)) return invalid_device;
  std::snprintf(name, static_cast<size_t>(bytes), "Emulated device %d", number);
  return success;
}

API cuDeviceTotalMem_v2(size_t* bytes, int number) {
  Call call(__func__, Call::initialization);
  if (call.error) return call.error;
  if (!valid_device(number)) return invalid_device;
  *bytes = device.settings.memory;
  return success;
}

API cuDeviceGetAttribute(int* value, int attribute, int number) {
  Call call(__func__, Call::initialization);
  if (call.error) return call.error;
  if (!valid_device(number)) return invalid_device;
  switch (attribute) {
    case 1: case 2: case 3: case 39: *value = attribute == 39 ? 2048 : 1024; break;
    case 4: *value = 64; break;                              // depth of a block
    case 5: *value = 0x7fffffff; break;                      // blocks of a grid
    case 6: case 7: *value = 65535; break;
    case 8: *value = 48 << 10; break;                        // shared bytes of a block
    case 10: *value = 32; break;                             // lanes
    case 12: case 82: *value = 65536; break;                 // registers
    case 13: case 36: *value = 1000000; break;               // kHz
    case 16: *value = device.settings.multiprocessors; break;
    case 38: *value = 50 << 20; break;                       // bytes of the second cache
    case 37: *value = 5120; break;                           // lines to the memory
    case 31: case 41: case 78: *value = 1; break;            // concurrent, unified, priorities
    case 75: *value = device.settings.capability / 10; break;
    case 76: *value = device.settings.capability % 10; break;
    case 81: *value = static_cast<int>(most_shared_bytes()) + 1024; break;
    case 97: *value = static_cast<int>(most_shared_bytes()); break;
    default: *value = 0;
  }
  return success;
}

API cuDevicePrimaryCtxRetain(void** context, int number) {
  Call call(__func__, Call::initialization);
  if (call.error) return call.error;
  if (!valid_device(number)) return invalid_device;
  if (device.lost) return device.lost;
  driver.contexts++;
  *context = primary;
  return success;
}

API cuDevicePrimaryCtxRelease_v2(int number) {
  Call call(__func__, Call::initialization);
  if (call.error) return call.error;
  if (!valid_device(number)) return invalid_device;
  if (driver.contexts == 0) return invalid_context;
  driver.contexts--;
  return success;
}

API cuCtxSetCurrent(void* context) {
  Call call(__func__, Call::initialization);
  if (call.error) return call.error;
  if (context && (context != primary || driver.contexts == 0)) return invalid_context;
  set_current_context(context);
  return success;
}

API cuCtxGetCurrent(void** context) {
  Call call(__func__, Call::initialization);
  if (call.error) return call.error;
  *context = current_context();
  return success;
}

API cuCtxSynchronize() {
  Call call(__func__, Call::safety);
  if (call.error) return call.error;
  device.finish_all();
  return device.lost;
}

API cuModuleLoadData(void** module, const void* image) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  return load_module(module, static_cast<const char*>(image), 0, nullptr, nullptr);
}

API cuModuleLoadDataEx(void** module, const void* image, unsigned count, int* options,
                       void** values) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  return load_module(module, static_cast<const char*>(image), count, options, values);
}

API cuModuleUnload(void* handle) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  Module* module = driver.modules.find(handle);
  if (!module) return invalid_handle;
  for (Function* function : module->functions) driver.functions.destroy(function);
  driver.modules.destroy(handle);
  return success;
}

API cuModuleGetFunction(void** function, void* handle, const char* name) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  Module* module = driver.modules.find(handle);
  if (!module) return invalid_handle;
  auto entry = module->ptx.entries.find(name);
  if (entry == module->ptx.entries.end()) return not_found;
  const Kernel* kernel = find_kernel(name);
  if (!kernel || !same_parameters(*kernel, entry->second)) {
    complain(std::string("the sources have no kernel ") + name +
             " with the PTX's parameters: scripts/kernels makes new PTX");
    return not_found;
  }
  Function* made = driver.functions.create();
  made->kernel = kernel;
  made->entry = entry->second;
  made->most_dynamic_bytes = (48u << 10) - std::min(48u << 10, made->entry.shared_bytes);
  module->functions.push_back(made);
  *function = made;
  return success;
}

API cuFuncSetAttribute(void* handle, int attribute, int value) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  Function* function = driver.functions.find(handle);
  if (!function) return invalid_handle;
  if (attribute != 8) return attribute == 9 ? success : invalid_value;  // 9: of caches
  if (value < 0 || static_cast<unsigned>(value) + function->entry.shared_bytes >
                       most_shared_bytes())
    return invalid_value;
  function->most_dynamic_bytes = static_cast<unsigned>(value);
  return success;
}

API cuFuncGetAttribute(int* value, int attribute, void* handle) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  Function* function = driver.functions.find(handle);
  if (!function) return invalid_handle;
  *value = attribute == 0   ? static_cast<int>(function->entry.most_threads)
           : attribute == 1 ? static_cast<int>(function->entry.shared_bytes)
           : attribute == 8 ? static_cast<int>(function->most_dynamic_bytes)
                            : 0;
  return success;
}

API cuLaunchKernel(void* handle, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                   unsigned block_x, unsigned block_y, unsigned block_z, unsigned dynamic_bytes,
                   void* stream_handle, void** parameters, void** extra) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  Function* function = driver.functions.find(handle);
  Stream* stream = driver.stream(stream_handle);
  if (!function || !stream) return invalid_handle;
  auto work = std::make_shared<Work>();
  work->kind = Work::kernel;
  work->function = function->kernel;
  work->grid = {grid_x, grid_y, grid_z};
  work->block = {block_x, block_y, block_z};
  work->dynamic_bytes = dynamic_bytes;
  if (int error = check_shape(*function, work->grid, work->block, dynamic_bytes)) return error;
  work->arguments.assign(static_cast<size_t>(function->kernel->count) * 8, 0);
  if (int error = read_arguments(*function->kernel, parameters, extra, work->arguments.data())) {
    complain(std::string("launch of ") + function->kernel->name + " refused: it has " +
             std::to_string(function->kernel->count) + " arguments, others were given");
    return error;
  }
  driver.launches++;
  return submit(*stream, work);
}

API cuMemAlloc_v2(uint64_t* address, size_t bytes) {
  Call call(__func__, Call::safety);
  if (call.error) return call.error;
  if (bytes == 0) return invalid_value;
  *address = device.memory.allocate(bytes, device.settings.memory);
  return *address ? success : out_of_memory;
}

API cuMemFree_v2(uint64_t address) {
  Call call(__func__, Call::safety);
  if (call.error) return call.error;
  if (!address) return success;
  device.finish_all();
  if (device.lost) return device.lost;
  return device.memory.release(address) ? success : invalid_value;
}

API cuMemGetInfo_v2(size_t* unused, size_t* total) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  *total = device.settings.memory;
  *unused = *total - std::min(*total, device.memory.used());
  return success;
}

API cuMemHostAlloc(void** memory, size_t bytes, unsigned flags) {
  Call call(__func__, Call::safety);
  if (call.error) return call.error;
  if (bytes == 0 || flags > 7) return invalid_value;
  uint64_t address = device.pinned.allocate(bytes, size_t{64} << 30);
  *memory = reinterpret_cast<void*>(address);
  return address ? success : out_of_memory;
}

API cuMemFreeHost(void* memory) {
  Call call(__func__, Call::safety);
  if (call.error) return call.error;
  return device.pinned.release(reinterpret_cast<uint64_t>(memory)) ? success : invalid_value;
}

API cuMemHostGetDevicePointer_v2(uint64_t* address, void* memory, unsigned) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  *address = reinterpret_cast<uint64_t>(memory);
  return device.pinned.points(*address) ? success : invalid_value;
}

API cuMemcpyHtoDAsync_v2(uint64_t to, const void* from, size_t bytes, void* stream) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  if (!on_device(to, bytes)) return invalid_value;
  return transfer(driver.stream(stream), to, reinterpret_cast<uint64_t>(from), bytes);
}

API cuMemcpyDtoHAsync_v2(void* to, uint64_t from, size_t bytes, void* stream) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  if (!on_device(from, bytes)) return invalid_value;
  return transfer(driver.stream(stream), reinterpret_cast<uint64_t>(to), from, bytes);
}

API cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, void* stream) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  if (!on_device(from, bytes) || !on_device(to, bytes)) return invalid_value;
  return transfer(driver.stream(stream), to, from, bytes);
}

API cuMemcpyHtoD_v2(uint64_t to, const void* from, size_t bytes) {
  Call call(__func__, Call::safety);
  if (call.error) return call.error;
  if (!on_device(to, bytes)) return invalid_value;
  return finished(transfer(&driver.legacy, to, reinterpret_cast<uint64_t>(from), bytes));
}

API cuMemcpyDtoH_v2(void* to, uint64_t from, size_t bytes) {
  Call call(__func__, Call::safety);
  if (call.error) return call.error;
  if (!on_device(from, bytes)) return invalid_value;
  return finished(transfer(&driver.legacy, reinterpret_cast<uint64_t>(to), from, bytes));
}

API cuMemcpyDtoD_v2(uint64_t to, uint64_t from, size_t bytes) {
  Call call(__func__, Call::safety);
  if (call.error) return call.error;
  if (!on_device(from, bytes) || !on_device(to, bytes)) return invalid_value;
  return transfer(&driver.legacy, to, from, bytes);  // this one does not wait on a device either
}

API cuMemsetD8Async(uint64_t to, unsigned char value, size_t count, void* stream) {
  Call call(__func__, Call::context);
  return call.error ? call.error : fill(driver.stream(stream), to, value, 1, count);
}

API cuMemsetD32Async(uint64_t to, unsigned value, size_t count, void* stream) {
  Call call(__func__, Call::context);
  return call.error ? call.error : fill(driver.stream(stream), to, value, 4, count);
}

API cuMemsetD8_v2(uint64_t to, unsigned char value, size_t count) {
  Call call(__func__, Call::safety);
  return call.error ? call.error : finished(fill(&driver.legacy, to, value, 1, count));
}

API cuMemsetD32_v2(uint64_t to, unsigned value, size_t count) {
  Call call(__func__, Call::safety);
  return call.error ? call.error : finished(fill(&driver.legacy, to, value, 4, count));
}
