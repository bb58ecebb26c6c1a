// What the driver needs of the processor that stands in for a device.
#pragma once
#include "emulated.h"
#include <cstddef>
#include <cstdint>
#include <string>

// Why work ended: an error of the driver API and the story behind it; 0 where it ended well.
struct Fault {
  int code = 0;
  std::string reason;
};

// Errors of the driver API.
enum : int {
  success = 0,
  invalid_value = 1,
  out_of_memory = 2,
  not_initialized = 3,
  no_device = 100,
  invalid_device = 101,
  invalid_image = 200,
  invalid_context = 201,
  no_binary_for_gpu = 209,
  invalid_ptx = 218,
  unsupported_ptx_version = 222,
  invalid_handle = 400,
  not_found = 500,
  not_ready = 600,
  illegal_address = 700,
  out_of_resources = 701,
  misaligned_address = 716,
  launch_failed = 719,
  capture_unsupported = 900,
  capture_invalidated = 901,
  capture_merge = 902,
  capture_unmatched = 903,
  capture_unjoined = 904,
  capture_isolation = 905,
  capture_implicit = 906,
  captured_event = 907,
  capture_wrong_thread = 908,
};

// Numbers that decide every order; a seed of 0 gives the plain order everywhere.
class Randomness {
 public:
  void seed(uint64_t seed) {
    plain_ = seed == 0;
    state_ = seed * 0x9e3779b97f4a7c15u;
  }

  bool plain() const { return plain_; }

  uint64_t next() {
    if (plain_) return 0;
    uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
  }

  // Below `bound`.
  uint64_t below(uint64_t bound) { return next() % bound; }

 private:
  bool plain_ = false;
  uint64_t state_ = 0x9e3779b97f4a7c15u;  // seed 1
};

extern Randomness randomness;

struct Launch {
  const Kernel* kernel;
  dim3 grid;
  dim3 block;
  unsigned dynamic_bytes;
  void** arguments;
};

// Runs all blocks of a launch on the calling thread.
Fault run_kernel(const Launch& launch);

// Between these two a bad access ends the work that does it, not the process.
void begin_guard();
void end_guard();

// Calls a function; a bad access in it becomes a fault. It must own nothing that needs destroying.
Fault guarded(void (*call)(void*), void* argument);
