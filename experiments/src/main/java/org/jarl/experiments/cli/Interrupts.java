package org.jarl.experiments.cli;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/// Turns Ctrl-C and a request to terminate into a word to the run: the first asks it to stop
/// cleanly, the second ends the process at once.
///
/// The signal class of the JDK is reached by reflection: it is not part of Java SE, so a JDK
/// without it only loses the clean stop.
final class Interrupts implements AutoCloseable {
  /// Exit code after Ctrl-C, as shells have it: 128 + 2.
  static final int EXIT = 130;

  private static final List<String> SIGNALS = List.of("INT", "TERM");

  private final Runnable first;
  private final AtomicInteger count = new AtomicInteger();
  private final List<Runnable> restore = new ArrayList<>();

  /// Listens until closed.
  ///
  /// @param first called once, on a thread of its own, at the first signal
  Interrupts(Runnable first) {
    this.first = first;
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Method handle = signal.getMethod("handle", signal, handler);
      MethodHandle received =
          MethodHandles.lookup().bind(this, "received", MethodType.methodType(void.class));
      Object ours =
          MethodHandleProxies.asInterfaceInstance(
              handler, MethodHandles.dropArguments(received, 0, signal));
      for (String name : SIGNALS) {
        Object sign = signal.getConstructor(String.class).newInstance(name);
        Object before = handle.invoke(null, sign, ours);
        restore.add(() -> put(handle, sign, before));
      }
    } catch (ReflectiveOperationException e) {
      System.getLogger(Interrupts.class.getName())
          .log(System.Logger.Level.DEBUG, "Ctrl-C ends this JVM without a checkpoint", e);
    }
  }

  void received() {
    if (count.getAndIncrement() == 0) {
      first.run();
    } else {
      Runtime.getRuntime().halt(EXIT);
    }
  }

  private static void put(Method handle, Object signal, Object handler) {
    try {
      Object _ = handle.invoke(null, signal, handler);
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException("cannot restore the handler of " + signal, e);
    }
  }

  /// Gives the signals back to whoever had them.
  @Override
  public void close() {
    restore.forEach(Runnable::run);
    restore.clear();
  }
}
