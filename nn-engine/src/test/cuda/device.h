// The device that the driver drives: its memory, and the work that waits to be done.
#pragma once
#include "machine.h"
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

// What there is to find; tests change it.
struct Settings {
  int devices = 1;
  int driver = 13000;
  int capability = 90;
  int multiprocessors = 132;
  size_t memory = size_t{4} << 30;
  int early = 10;  // of 100 calls, how many find some more work done than had to be
  bool quiet = false;  // says nothing on stderr of faults and refusals
};

// One thing for the device to do.
struct Work {
  enum Kind { nothing, kernel, copy, fill, mark };
  Kind kind = nothing;
  // kernel
  const Kernel* function = nullptr;
  dim3 grid, block;
  unsigned dynamic_bytes = 0;
  std::vector<unsigned char> arguments;  // 8 bytes each
  // copy and fill
  uint64_t to = 0, from = 0;
  size_t bytes = 0;
  unsigned pattern = 0, width = 1;  // of what fills
  // mark: receives milliseconds
  std::shared_ptr<double> time;
};

// Addresses of the device. They are never given twice, so the use of freed memory always faults;
// each allocation ends where a forbidden page begins, but for the bytes that make its start a
// multiple of 256: those hold 0xff and are looked at after each kernel.
class Memory {
 public:
  // 0 if there is no room.
  uint64_t allocate(size_t bytes, size_t most);
  bool release(uint64_t address);
  bool holds(uint64_t address, size_t bytes) const;
  // The end of an allocation belongs to it: a pointer to nothing.
  bool points(uint64_t address) const;
  // What is wrong beside the allocations; empty if nothing.
  std::string trespass() const;
  void release_all();
  size_t used() const { return used_; }
  size_t count() const { return allocations_.size(); }

 private:
  struct Allocation {
    size_t bytes, pages;
    unsigned char* low;  // of the pages
  };

  bool reserve();

  std::map<uint64_t, Allocation> allocations_;
  unsigned char* room_ = nullptr;
  size_t room_bytes_ = 0, next_ = 0, used_ = 0;
};

// Work in the order in which it was given, or in any other that keeps what each waits for. Nothing
// runs by itself: it does when somebody waits, and now and then at a call.
class Device {
 public:
  using Ticket = uint64_t;

  Settings settings;
  Memory memory;   // of the device
  Memory pinned;   // of the host, that kernels may use too
  int lost = 0;    // the error that every call now gives

  // 0 for work that is done.
  Ticket submit(std::shared_ptr<const Work> work, const std::vector<Ticket>& after);
  bool pending(Ticket ticket) const { return tasks_.count(ticket) != 0; }
  // Runs until the work is done, and other work as chance wants it.
  void finish(Ticket ticket);
  void finish_all();
  // Runs some work, if there is any.
  void poll();
  void reset();
  // The device stops for good.
  void lose(int code, const std::string& reason);

  const std::string& message() const { return message_; }
  // So many more calls of `function`, or executions of a kernel of that name (any: "kernel"), go
  // well; the next one fails.
  void plan_failure(const std::string& function, int code, int after);
  // The code if this call is the one that fails, else 0.
  int planned_failure(const std::string& function);

 private:
  struct Task {
    std::shared_ptr<const Work> work;
    int missing = 0;
    std::vector<Ticket> next;
  };
  struct Failure {
    std::string function;
    int code, after;
  };

  void run_one();
  Fault run(const Work& work);
  Fault run_launch(const Work& work);

  std::unordered_map<Ticket, Task> tasks_;
  std::vector<Ticket> ready_;
  Ticket last_ = 0;
  std::vector<Failure> failures_;
  std::string message_;
};

extern Device device;
