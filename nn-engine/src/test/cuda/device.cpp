#include "device.h"
#include <chrono>
#include <cstdio>
#include <sys/mman.h>

Device device;

namespace {

constexpr size_t page = 4096;
constexpr size_t alignment = 256;  // of what the driver gives

size_t up(size_t bytes, size_t multiple) { return (bytes + multiple - 1) / multiple * multiple; }

// A description of one copy or fill.
struct Movement {
  unsigned char* to;
  const unsigned char* from;
  size_t bytes;
  unsigned pattern, width;
};

void move(void* argument) {
  const Movement& movement = *static_cast<const Movement*>(argument);
  if (movement.from) {
    std::memmove(movement.to, movement.from, movement.bytes);
    return;
  }
  for (size_t i = 0; i < movement.bytes; i += movement.width)
    std::memcpy(movement.to + i, &movement.pattern, movement.width);
}

}  // namespace

bool Memory::reserve() {
  for (size_t bytes = size_t{1} << 42; !room_ && bytes >= size_t{1} << 34; bytes /= 4) {
    void* room =
        mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED) continue;
    room_ = static_cast<unsigned char*>(room);
    room_bytes_ = bytes;
  }
  return room_ != nullptr;
}

uint64_t Memory::allocate(size_t bytes, size_t most) {
  if (bytes > most || used_ > most - bytes || !reserve()) return 0;
  size_t pages = up(bytes, page);
  if (next_ + pages + 2 * page > room_bytes_) return 0;
  unsigned char* low = room_ + next_ + page;
  if (mprotect(low, pages, PROT_READ | PROT_WRITE) != 0) return 0;
  next_ += pages + page;
  std::memset(low, 0xff, pages);
  uint64_t address = reinterpret_cast<uint64_t>(low + pages - up(bytes, alignment));
  allocations_[address] = {bytes, pages, low};
  used_ += bytes;
  return address;
}

bool Memory::release(uint64_t address) {
  auto found = allocations_.find(address);
  if (found == allocations_.end()) return false;
  const Allocation& allocation = found->second;
  mprotect(allocation.low, allocation.pages, PROT_NONE);
  madvise(allocation.low, allocation.pages, MADV_DONTNEED);
  used_ -= allocation.bytes;
  allocations_.erase(found);
  return true;
}

void Memory::release_all() {
  while (!allocations_.empty()) release(allocations_.begin()->first);
}

bool Memory::holds(uint64_t address, size_t bytes) const {
  auto after = allocations_.upper_bound(address);
  if (after == allocations_.begin()) return false;
  const auto& [base, allocation] = *std::prev(after);
  return address - base <= allocation.bytes && bytes <= allocation.bytes - (address - base);
}

bool Memory::points(uint64_t address) const { return holds(address, 0); }

std::string Memory::trespass() const {
  for (const auto& [base, allocation] : allocations_) {
    auto start = reinterpret_cast<unsigned char*>(base);
    const unsigned char* before = std::max(allocation.low, start - alignment);
    const unsigned char* end = allocation.low + allocation.pages;
    for (const unsigned char* p = before; p < end; p++) {
      if (p == start) p += allocation.bytes;
      if (p == end || *p == 0xff) continue;
      char text[160];
      std::snprintf(text, sizeof text, "has written byte %td of an allocation of %zu bytes",
                    p - start, allocation.bytes);
      return text;
    }
  }
  return {};
}

Device::Ticket Device::submit(std::shared_ptr<const Work> work, const std::vector<Ticket>& after) {
  Ticket ticket = ++last_;
  Task& task = tasks_[ticket];
  task.work = std::move(work);
  for (Ticket dependency : after) {
    auto found = tasks_.find(dependency);
    if (found == tasks_.end() || dependency == ticket) continue;
    found->second.next.push_back(ticket);
    tasks_[ticket].missing++;
  }
  if (tasks_[ticket].missing == 0) ready_.push_back(ticket);
  return ticket;
}

void Device::run_one() {
  size_t chosen = randomness.below(ready_.size());
  if (randomness.plain())
    chosen = static_cast<size_t>(std::min_element(ready_.begin(), ready_.end()) - ready_.begin());
  Ticket ticket = ready_[chosen];
  ready_[chosen] = ready_.back();
  ready_.pop_back();
  Fault fault = run(*tasks_[ticket].work);
  if (fault.code) {
    lose(fault.code, fault.reason);
    return;
  }
  for (Ticket next : tasks_[ticket].next)
    if (--tasks_[next].missing == 0) ready_.push_back(next);
  tasks_.erase(ticket);
}

void Device::finish(Ticket ticket) {
  if (!pending(ticket)) return;
  begin_guard();
  while (pending(ticket)) run_one();
  end_guard();
}

void Device::finish_all() {
  if (tasks_.empty()) return;
  begin_guard();
  while (!tasks_.empty()) run_one();
  end_guard();
}

void Device::poll() {
  if (tasks_.empty()) return;
  begin_guard();
  for (uint64_t count = 1 + randomness.below(4); count > 0 && !tasks_.empty(); count--) run_one();
  end_guard();
}

void Device::lose(int code, const std::string& reason) {
  lost = code;
  message_ = reason;
  if (!settings.quiet)
    std::fprintf(stderr, "emulated driver: error %d: %s\n", code, reason.c_str());
  tasks_.clear();
  ready_.clear();
}

void Device::reset() {
  tasks_.clear();
  ready_.clear();
  failures_.clear();
  memory.release_all();
  pinned.release_all();
  message_.clear();
  settings = {};
  lost = 0;
}

void Device::plan_failure(const std::string& function, int code, int after) {
  failures_.push_back({function, code, after});
}

int Device::planned_failure(const std::string& function) {
  for (auto failure = failures_.begin(); failure != failures_.end(); ++failure) {
    if (failure->function != function) continue;
    if (failure->after-- > 0) return 0;
    int code = failure->code;
    failures_.erase(failure);
    return code;
  }
  return 0;
}

Fault Device::run(const Work& work) {
  if (work.kind == Work::kernel) return run_launch(work);
  if (work.kind == Work::mark) {
    auto now = std::chrono::steady_clock::now().time_since_epoch();
    *work.time = std::chrono::duration<double, std::milli>(now).count();
  }
  if (work.kind != Work::copy && work.kind != Work::fill) return {};
  Movement movement = {reinterpret_cast<unsigned char*>(work.to),
                       reinterpret_cast<const unsigned char*>(work.from), work.bytes,
                       work.pattern, work.width};
  Fault fault = guarded(move, &movement);
  if (fault.code) {
    char text[160];
    std::snprintf(text, sizeof text, "%s of %zu bytes from %p to %p: %s",
                  work.kind == Work::copy ? "copy" : "fill", work.bytes,
                  static_cast<const void*>(movement.from), static_cast<void*>(movement.to),
                  fault.reason.c_str());
    fault.reason = text;
  }
  return fault;
}

Fault Device::run_launch(const Work& work) {
  const Kernel& kernel = *work.function;
  std::string name = std::string("kernel ") + kernel.name;
  for (const std::string& planned : {std::string("kernel"), std::string(kernel.name)})
    if (int code = planned_failure(planned))
      return {code, name + ": fails because a test wants it"};
  auto values = const_cast<unsigned char*>(work.arguments.data());
  std::vector<void*> arguments;
  for (int i = 0; i < kernel.count; i++) {
    arguments.push_back(values + i * 8);
    uint64_t address;
    std::memcpy(&address, values + i * 8, 8);
    if (kernel.addresses[i] && address && !memory.points(address) && !pinned.points(address))
      return {illegal_address, name + ": argument " + std::to_string(i) +
                                   " is an address where the device has no memory"};
  }
  Fault fault = run_kernel({&kernel, work.grid, work.block, work.dynamic_bytes, arguments.data()});
  if (fault.code) return fault;
  std::string trespass = memory.trespass() + pinned.trespass();
  if (!trespass.empty()) return {illegal_address, name + " " + trespass};
  return {};
}
