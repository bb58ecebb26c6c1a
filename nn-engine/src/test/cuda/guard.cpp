// Bad accesses of a kernel, or of a copy, end that and not the process. The process's own handlers
// are away only while the device works, and get even then what other threads do.
#include "machine.h"
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <pthread.h>

namespace {

// What the process did about a signal before the guard.
struct Handler {
  int signal;
  struct sigaction before;
};

Handler handlers[] = {{SIGSEGV, {}}, {SIGBUS, {}}, {SIGFPE, {}}};
bool guarding = false;  // whether `guarded_thread` runs a guarded call
pthread_t guarded_thread;
sigjmp_buf escape;
int caught_signal, caught_code;
void* caught_address;
stack_t stack_before;

// The process's own handler gets what is not ours: a JVM uses SIGSEGV for its own ends.
void handle(int signal, siginfo_t* info, void* context) {
  if (guarding && pthread_equal(pthread_self(), guarded_thread)) {
    caught_signal = signal;
    caught_code = info->si_code;
    caught_address = info->si_addr;
    siglongjmp(escape, 1);
  }
  for (const Handler& handler : handlers) {
    if (handler.signal != signal) continue;
    if (handler.before.sa_flags & SA_SIGINFO) {
      handler.before.sa_sigaction(signal, info, context);
    } else if (handler.before.sa_handler == SIG_DFL || handler.before.sa_handler == SIG_IGN) {
      sigaction(signal, &handler.before, nullptr);  // the access repeats and meets the default
    } else {
      handler.before.sa_handler(signal);
    }
  }
}

}  // namespace

void begin_guard() {
  static char stack[64 * 1024];
  stack_t own = {};
  own.ss_sp = stack;
  own.ss_size = sizeof stack;
  sigaltstack(&own, &stack_before);
  guarded_thread = pthread_self();
  for (Handler& handler : handlers) {
    struct sigaction action = {};
    sigaction(handler.signal, nullptr, &handler.before);
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | (handler.before.sa_flags & SA_NODEFER);
    action.sa_mask = handler.before.sa_mask;
    sigaction(handler.signal, &action, nullptr);
  }
}

void end_guard() {
  for (const Handler& handler : handlers) sigaction(handler.signal, &handler.before, nullptr);
  if (stack_before.ss_flags & SS_DISABLE) stack_before.ss_size = MINSIGSTKSZ;
  sigaltstack(&stack_before, nullptr);
}

Fault guarded(void (*call)(void*), void* argument) {
  if (sigsetjmp(escape, 1) == 0) {
    guarding = true;
    call(argument);
    guarding = false;
    return {};
  }
  guarding = false;
  if (caught_signal == SIGFPE)
    return {launch_failed, "integer division by zero, which a device answers with any number"};
  if (caught_code == SI_KERNEL)
    return {misaligned_address, "misaligned access to more than 8 bytes, or no address at all"};
  char text[100];
  std::snprintf(text, sizeof text, "illegal access to address %p", caught_address);
  return {illegal_address, text};
}
