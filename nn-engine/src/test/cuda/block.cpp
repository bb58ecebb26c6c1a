// The blocks of a launch, one after the other, on the calling thread.
//
// A thread of a block starts on the stack of the one before it, where that one has returned, and
// on a stack of its own where that one waits: a kernel without barriers never switches. A warp's
// threads run until all wait; then the next warp does; then the block's barrier opens.
#include "machine.h"
#include <cstdio>
#include <cstdlib>
#include <sys/mman.h>
#include <vector>
#if !defined(__x86_64__) || defined(EMULATED_UCONTEXT)
#include <ucontext.h>
#define EMULATED_CONTEXTS
#endif

dim3 threadIdx, blockIdx, blockDim, gridDim;
uint64_t emulated_block = 0;
unsigned char* emulated_dynamic_shared;
Randomness randomness;

namespace {

constexpr unsigned most_threads = 1024;
constexpr unsigned warp_threads = 32;
constexpr size_t page = 4096;
constexpr size_t stack_bytes = 128 * 1024;
constexpr size_t dynamic_room = 256 * 1024;

// Where a fiber goes on.
#ifdef EMULATED_CONTEXTS
struct Context {
  ucontext_t place;
};

void switch_context(Context& from, Context& to) { swapcontext(&from.place, &to.place); }

void prepare_context(Context& context, char* low, size_t bytes, void (*entry)()) {
  getcontext(&context.place);
  context.place.uc_stack.ss_sp = low;
  context.place.uc_stack.ss_size = bytes;
  context.place.uc_link = nullptr;
  makecontext(&context.place, entry, 0);
}
#else
struct Context {
  void* top;
};

extern "C" void emulated_switch(void** from, void* to);
asm(R"(
.text
.hidden emulated_switch
.globl emulated_switch
.type emulated_switch, @function
emulated_switch:
  push %rbp
  push %rbx
  push %r12
  push %r13
  push %r14
  push %r15
  mov %rsp, (%rdi)
  mov %rsi, %rsp
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbx
  pop %rbp
  ret
.size emulated_switch, . - emulated_switch
)");

void switch_context(Context& from, Context& to) { emulated_switch(&from.top, to.top); }

void prepare_context(Context& context, char* low, size_t bytes, void (*entry)()) {
  void** top = reinterpret_cast<void**>(low + (bytes & ~size_t{63}));
  *--top = nullptr;  // where entry would return to: it does not
  *--top = reinterpret_cast<void*>(entry);
  context.top = top - 6;
}
#endif

// A way through 2^n places that visits each once.
struct Order {
  unsigned odd = 1, offset = 0, mask = warp_threads - 1;

  void size(unsigned places) {
    mask = 1;
    while (mask < places) mask <<= 1;
    mask--;
  }

  void draw() {
    uint64_t bits = randomness.next();
    odd = static_cast<unsigned>(bits) | 1;
    offset = static_cast<unsigned>(bits >> 32);
  }

  unsigned at(unsigned step) const { return ((step * odd) ^ offset) & mask; }
};

enum class Meeting { sync, exchange, tf32, bf16 };

const char* name_of(Meeting meeting) {
  switch (meeting) {
    case Meeting::sync: return "warp_sync";
    case Meeting::exchange: return "warp_xor";
    case Meeting::tf32: return "mma_tf32";
    default: return "mma_bf16";
  }
}

struct Copy {
  void* to;
  const void* from;  // null for zeros
  int group;
};

struct Thread {
  Context context;
  dim3 index;
  char* stack;
  int groups = 0;  // of copies that are committed
  std::vector<Copy> copies;
};

struct Operands {
  float* d;
  const uint32_t* a;
  const uint32_t* b;
};

struct Warp {
  uint32_t all, runnable, fresh, waiting, blocked;
  Order order;
  unsigned step;  // of the order
  Meeting meeting;
  int mask;
  int phase;  // which half of `shown` the next exchange uses: slower lanes still read the other
  uint64_t shown[2][warp_threads];
  Operands operands[warp_threads];
};

struct Block {
  const Launch* launch;
  unsigned threads, warps;
  unsigned returned, blocked;
  unsigned current;  // thread
  Order order;       // of the warps
  unsigned step;
  Context driver;
  Fault fault;
  std::vector<char*> free_stacks;
  unsigned fresh_stacks;  // how many have been taken since the block began
  Warp warp[most_threads / warp_threads];
  Thread thread[most_threads];
};

Block block;

// Stacks start at different places within a page, or they would fight for the same cache lines.
char* stack_number(unsigned number) {
  constexpr size_t stride = stack_bytes + 5 * page;
  static char* all = nullptr;
  if (!all) {
    void* memory = mmap(nullptr, stride * most_threads, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
      std::perror("emulated driver: no memory for the stacks of a block");
      std::abort();
    }
    all = static_cast<char*>(memory);
    for (unsigned i = 0; i < most_threads; i++) mprotect(all + i * stride, page, PROT_NONE);
  }
  return all + number * stride + page + number * 320 % page;
}

char* take_stack() {
  if (block.free_stacks.empty()) return stack_number(block.fresh_stacks++);
  char* stack = block.free_stacks.back();
  block.free_stacks.pop_back();
  return stack;
}

std::string place(unsigned thread) {
  dim3 t = block.thread[thread].index;
  char text[200];
  std::snprintf(text, sizeof text, "block (%u, %u, %u), thread (%u, %u, %u)", blockIdx.x,
                blockIdx.y, blockIdx.z, t.x, t.y, t.z);
  return text;
}

// Ends the launch from within a fiber: its stack is forgotten.
[[noreturn]] void abandon(int code, const std::string& reason) {
  block.fault = {code, std::string("kernel ") + block.launch->kernel->name + ", " +
                           place(block.current) + ": " + reason};
  Context forgotten;
  switch_context(forgotten, block.driver);
  std::abort();
}

[[noreturn]] void diverged(unsigned number) {
  const Warp& warp = block.warp[number];
  int waiting = __builtin_popcount(warp.waiting);
  int blocked = __builtin_popcount(warp.blocked);
  int all = __builtin_popcount(warp.all);
  block.current = number * warp_threads + __builtin_ctz(warp.waiting);
  abandon(launch_failed, std::string(name_of(warp.meeting)) + " is reached by " +
                             std::to_string(waiting) + " lanes of the warp, " +
                             std::to_string(blocked) + " wait at block_sync and " +
                             std::to_string(all - waiting - blocked) +
                             " have returned; all 32 must reach it together");
}

void open_block_barrier() {
  if (block.blocked != block.threads)
    abandon(launch_failed, "block_sync is reached by " + std::to_string(block.blocked) + " of " +
                               std::to_string(block.threads) + " threads, the other " +
                               std::to_string(block.returned) +
                               " have returned; all must reach it");
  block.blocked = 0;
  block.step = 0;
  block.order.draw();
  for (unsigned w = 0; w < block.warps; w++) {
    Warp& warp = block.warp[w];
    warp.runnable = warp.all;
    warp.blocked = 0;
    warp.step = 0;
    warp.order.draw();
  }
}

// Takes the next thread that can run: the caller must run it. -1 when the block has ended.
int next_thread() {
  for (;;) {
    for (; block.step <= block.order.mask; block.step++) {
      unsigned number = block.order.at(block.step);
      if (number >= block.warps) continue;
      Warp& warp = block.warp[number];
      if (warp.runnable) {
        unsigned lane;
        do lane = warp.order.at(warp.step++);
        while (!(warp.runnable >> lane & 1));
        warp.runnable &= ~(1u << lane);
        return static_cast<int>(number * warp_threads + lane);
      }
      if (warp.waiting) diverged(number);
    }
    if (block.returned == block.threads) return -1;
    open_block_barrier();
  }
}

// Whether a thread has not begun; it has from now on.
bool begins(unsigned thread) {
  uint32_t bit = 1u << thread % warp_threads;
  Warp& warp = block.warp[thread / warp_threads];
  bool fresh = warp.fresh & bit;
  warp.fresh &= ~bit;
  return fresh;
}

// What runs on each stack: threads that begin, one after the other, until one waits.
void run_threads() {
  for (;;) {
    block.launch->kernel->call(block.launch->arguments);
    block.returned++;
    char* stack = block.thread[block.current].stack;
    int next = next_thread();
    Context forgotten;
    if (next < 0) switch_context(forgotten, block.driver);
    block.current = static_cast<unsigned>(next);
    Thread& thread = block.thread[next];
    threadIdx = thread.index;
    if (begins(block.current)) {
      thread.stack = stack;
    } else {
      block.free_stacks.push_back(stack);
      switch_context(forgotten, thread.context);
    }
  }
}

// Goes to a thread and comes back when `from` is switched to.
void go_to(Context& from, unsigned next) {
  Thread& thread = block.thread[next];
  block.current = next;
  threadIdx = thread.index;
  if (begins(next)) {
    thread.stack = take_stack();
    prepare_context(thread.context, thread.stack, stack_bytes, run_threads);
  }
  switch_context(from, thread.context);
}

void suspend() {
  unsigned self = block.current;
  unsigned next = static_cast<unsigned>(next_thread());  // there is one: this thread has not ended
  if (next != self) go_to(block.thread[self].context, next);
}

void multiply_tf32(Warp& warp);
void multiply_bf16(Warp& warp);

// Waits until all lanes of the warp are here; the last to come does the work of all.
void meet(Warp& warp, Meeting meeting, int mask) {
  uint32_t bit = 1u << block.current % warp_threads;
  if (!warp.waiting) {
    warp.meeting = meeting;
    warp.mask = mask;
  } else if (warp.meeting != meeting || warp.mask != mask) {
    abandon(launch_failed, std::string(name_of(meeting)) + "(" + std::to_string(mask) +
                               ") is reached while other lanes of the warp wait at " +
                               name_of(warp.meeting) + "(" + std::to_string(warp.mask) + ")");
  }
  warp.waiting |= bit;
  if (warp.waiting != warp.all) {
    suspend();
    return;
  }
  if (warp.all != ~0u)
    abandon(launch_failed, std::string(name_of(meeting)) + " in a warp of fewer than 32 threads");
  if (meeting == Meeting::tf32) multiply_tf32(warp);
  if (meeting == Meeting::bf16) multiply_bf16(warp);
  warp.phase ^= 1;
  warp.runnable = warp.waiting & ~bit;
  warp.waiting = 0;
  warp.step = 0;
  warp.order.draw();
}

Warp& current_warp() { return block.warp[block.current / warp_threads]; }

// d[16][8] += a[16][depth] b[depth][8].
template <int depth>
void multiply(float (&d)[16][8], const float (&a)[16][depth], const float (&b)[depth][8]) {
  for (int row = 0; row < 16; row++)
    for (int k = 0; k < depth; k++)
      for (int column = 0; column < 8; column++) d[row][column] += a[row][k] * b[k][column];
}

void load(Warp& warp, float (&d)[16][8]) {
  for (unsigned lane = 0; lane < warp_threads; lane++)
    for (int i = 0; i < 4; i++)
      d[lane / 4 + i / 2 * 8][lane % 4 * 2 + i % 2] = warp.operands[lane].d[i];
}

void store(Warp& warp, const float (&d)[16][8]) {
  for (unsigned lane = 0; lane < warp_threads; lane++)
    for (int i = 0; i < 4; i++)
      warp.operands[lane].d[i] = d[lane / 4 + i / 2 * 8][lane % 4 * 2 + i % 2];
}

// The tensor cores do not see the 13 low bits.
float tf32(uint32_t bits) { return emulated_bits<float>(bits & ~0x1fffu); }

void multiply_tf32(Warp& warp) {
  float a[16][8], b[8][8], d[16][8];
  for (unsigned lane = 0; lane < warp_threads; lane++) {
    unsigned group = lane / 4, place = lane % 4;
    const Operands& operands = warp.operands[lane];
    for (int i = 0; i < 4; i++) a[group + i % 2 * 8][place + i / 2 * 4] = tf32(operands.a[i]);
    for (int i = 0; i < 2; i++) b[place + i * 4][group] = tf32(operands.b[i]);
  }
  load(warp, d);
  multiply(d, a, b);
  store(warp, d);
}

void multiply_bf16(Warp& warp) {
  float a[16][16], b[16][8], d[16][8];
  auto low = [](uint32_t pair) { return emulated_bits<float>(pair << 16); };
  auto high = [](uint32_t pair) { return emulated_bits<float>(pair & 0xffff0000u); };
  for (unsigned lane = 0; lane < warp_threads; lane++) {
    unsigned group = lane / 4, place = lane % 4 * 2;
    const Operands& operands = warp.operands[lane];
    for (int i = 0; i < 4; i++) {
      float* to = &a[group + i % 2 * 8][place + i / 2 * 8];
      to[0] = low(operands.a[i]);
      to[1] = high(operands.a[i]);
    }
    for (int i = 0; i < 2; i++) {
      b[place + i * 8][group] = low(operands.b[i]);
      b[place + i * 8 + 1][group] = high(operands.b[i]);
    }
  }
  load(warp, d);
  multiply(d, a, b);
  store(warp, d);
}

void begin_block(unsigned char* dynamic) {
  emulated_block++;
  emulated_dynamic_shared = dynamic;
  std::memset(dynamic, 0xff, block.launch->dynamic_bytes);
  block.returned = block.blocked = block.step = block.fresh_stacks = 0;
  block.free_stacks.clear();
  block.order.draw();
  for (unsigned w = 0; w < block.warps; w++) {
    Warp& warp = block.warp[w];
    unsigned lanes = std::min(warp_threads, block.threads - w * warp_threads);
    warp.all = warp.runnable = warp.fresh = lanes == warp_threads ? ~0u : (1u << lanes) - 1;
    warp.waiting = warp.blocked = 0;
    warp.step = 0;
    warp.phase = 0;
    warp.order.draw();
  }
  for (unsigned i = 0; i < block.threads; i++) {
    Thread& thread = block.thread[i];
    thread.groups = 0;
    thread.copies.clear();
  }
}

// So that an access past its end is one past the end of a page.
unsigned char* dynamic_memory(unsigned bytes) {
  static unsigned char* end = nullptr;
  if (!end) {
    void* memory = mmap(nullptr, dynamic_room + page, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
      std::perror("emulated driver: no memory for what a block shares");
      std::abort();
    }
    end = static_cast<unsigned char*>(memory) + dynamic_room;
    mprotect(end, page, PROT_NONE);
  }
  return end - (bytes + 15) / 16 * 16;
}

void run_blocks(void*) {
  const Launch& launch = *block.launch;
  uint64_t count = uint64_t{launch.grid.x} * launch.grid.y * launch.grid.z;
  unsigned char* dynamic = dynamic_memory(launch.dynamic_bytes);
  Order order;
  order.size(static_cast<unsigned>(count));
  order.draw();
  for (unsigned step = 0; step <= order.mask; step++) {
    unsigned number = order.at(step);
    if (number >= count) continue;
    blockIdx = {number % launch.grid.x, number / launch.grid.x % launch.grid.y,
                number / (launch.grid.x * launch.grid.y)};
    begin_block(dynamic);
    go_to(block.driver, static_cast<unsigned>(next_thread()));
    if (block.fault.code) return;
  }
}

}  // namespace

void block_sync() {
  current_warp().blocked |= 1u << block.current % warp_threads;
  block.blocked++;
  suspend();
}

void warp_sync() { meet(current_warp(), Meeting::sync, 0); }

uint64_t emulated_xor(uint64_t bits, int mask) {
  Warp& warp = current_warp();
  unsigned lane = block.current % warp_threads;
  uint64_t* shown = warp.shown[warp.phase];
  if (mask < 0 || mask >= static_cast<int>(warp_threads))
    abandon(launch_failed, "warp_xor's mask is 0 to 31, got " + std::to_string(mask));
  shown[lane] = bits;
  meet(warp, Meeting::exchange, mask);
  return shown[lane ^ static_cast<unsigned>(mask)];
}

void emulated_mma_tf32(float* d, const uint32_t* a, const uint32_t* b) {
  Warp& warp = current_warp();
  warp.operands[block.current % warp_threads] = {d, a, b};
  meet(warp, Meeting::tf32, 0);
}

void emulated_mma_bf16(float* d, const uint32_t* a, const uint32_t* b) {
  Warp& warp = current_warp();
  warp.operands[block.current % warp_threads] = {d, a, b};
  meet(warp, Meeting::bf16, 0);
}

void copy_16(void* shared, const void* global, bool wanted) {
  if (reinterpret_cast<uintptr_t>(shared) % 16)
    abandon(misaligned_address, "copy_16 to an address that is no multiple of 16");
  if (wanted && reinterpret_cast<uintptr_t>(global) % 16)
    abandon(misaligned_address, "copy_16 from an address that is no multiple of 16");
  Thread& thread = block.thread[block.current];
  std::memset(shared, 0xff, 16);
  thread.copies.push_back({shared, wanted ? global : nullptr, thread.groups});
}

void copy_commit() { block.thread[block.current].groups++; }

void emulated_copy_wait(int groups) {
  Thread& thread = block.thread[block.current];
  size_t done = 0;
  for (; done < thread.copies.size(); done++) {
    const Copy& copy = thread.copies[done];
    if (copy.group >= thread.groups - groups) break;
    if (copy.from)
      std::memcpy(copy.to, copy.from, 16);
    else
      std::memset(copy.to, 0, 16);
  }
  thread.copies.erase(thread.copies.begin(),
                      thread.copies.begin() + static_cast<ptrdiff_t>(done));
}

Fault run_kernel(const Launch& launch) {
  block.launch = &launch;
  block.threads = launch.block.x * launch.block.y * launch.block.z;
  block.warps = (block.threads + warp_threads - 1) / warp_threads;
  block.order.size(block.warps);
  block.fault = {};
  dim3 shape = launch.block;
  for (unsigned i = 0; i < block.threads; i++)
    block.thread[i].index = {i % shape.x, i / shape.x % shape.y, i / (shape.x * shape.y)};
  blockDim = launch.block;
  gridDim = launch.grid;
  Fault fault = guarded(run_blocks, nullptr);
  if (fault.code) {
    fault.reason = std::string("kernel ") + launch.kernel->name + ", " + place(block.current) +
                   ": " + fault.reason;
    return fault;
  }
  return block.fault;
}
