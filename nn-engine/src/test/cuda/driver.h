// What the functions of the driver share: its objects, and how a call begins.
#pragma once
#include "device.h"
#include "ptx.h"
#include <memory>
#include <mutex>
#include <set>
#include <unordered_map>
#include <vector>

#define API extern "C" __attribute__((visibility("default"))) int

struct Function {
  const Kernel* kernel;
  Entry entry;
  unsigned most_dynamic_bytes;
};

struct Module {
  Ptx ptx;
  std::vector<Function*> functions;
};

struct Graph {
  struct Node {
    std::shared_ptr<const Work> work;
    std::vector<int> after;
  };
  std::vector<Node> nodes;
};

struct Executable {
  Graph graph;
  Device::Ticket last = 0;  // of the launch before: two of one graph never overlap
};

struct Stream;

// What streams record between the begin and the end of a capture.
struct Capture {
  Graph graph;
  Stream* origin;
  int mode;          // 0 global, 1 of the thread, 2 relaxed
  uint64_t thread;   // that began it
  int invalid = 0;   // the error that spoilt it
};

struct Stream {
  bool legacy = false;    // the stream 0, which waits for all blocking ones, and they for it
  bool blocking = true;
  int priority = 0;
  Device::Ticket last = 0;
  std::vector<Device::Ticket> waits;  // of events
  std::shared_ptr<Capture> capture;
  std::vector<int> after;  // nodes that the next one captured waits for
};

struct Event {
  bool timed = true;
  Device::Ticket ticket = 0;
  std::shared_ptr<double> time;
  std::shared_ptr<Capture> capture;  // where it was last recorded, if in a capture
  std::vector<int> after;
};

// Objects that the driver gives out as addresses.
template <class T>
class Handles {
 public:
  T* create() {
    auto made = std::make_unique<T>();
    T* handle = made.get();
    all_[handle] = std::move(made);
    return handle;
  }
  T* find(void* handle) const {
    auto found = all_.find(handle);
    return found == all_.end() ? nullptr : found->second.get();
  }
  bool destroy(void* handle) { return all_.erase(handle) == 1; }
  void clear() { all_.clear(); }
  size_t count() const { return all_.size(); }

  template <class Action>
  void each(Action action) {
    for (auto& [handle, object] : all_) action(*object);
  }

 private:
  std::unordered_map<void*, std::unique_ptr<T>> all_;
};

struct Driver {
  std::recursive_mutex lock;
  bool initialized = false;
  int contexts = 0;  // how often the primary context is held
  uint64_t epoch = 1;  // of the context: one of before a reset is not current any more
  uint64_t launches = 0, graph_launches = 0, copies = 0;
  Handles<Module> modules;
  Handles<Function> functions;
  Handles<Stream> streams;
  Handles<Event> events;
  Handles<Graph> graphs;
  Handles<Executable> executables;
  std::set<Capture*> captures;  // under way
  Stream legacy;

  Stream* stream(void* handle) { return handle ? streams.find(handle) : &legacy; }
};

extern Driver driver;

// How each function begins: one at a time; errors that tests plan, that a lost device gives, or
// that come of calls out of order. Now and then, some of the work that waits is done.
class Call {
 public:
  enum Needs { nothing, initialization, context, safety };  // safety: from captures

  Call(const char* function, Needs needs);

  int error;

 private:
  std::unique_lock<std::recursive_mutex> lock_;
};

// Settings and failures that JARL_EMULATED asks for; once.
void configure_from_environment();
uint64_t this_thread();
void set_current_context(void* context);
void* current_context();
// Whether kernels of this name exist, and which.
const Kernel* find_kernel(const std::string& name);
const std::map<std::string, Kernel>& all_kernels();
// Gives work to a stream, or to the graph that it captures.
int submit(Stream& stream, std::shared_ptr<const Work> work);
// Waits for all that a stream has.
int finish(Stream& stream);
