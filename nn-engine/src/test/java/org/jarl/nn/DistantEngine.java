package org.jarl.nn;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jarl.nn.cpu.CpuEngine;

/// The cpu as if it were far away, to show that a learner asks for what it reads and says what it
/// writes.
///
/// Outputs hold all-ones bits (NaN, or -1) from the beginning of a run until [Program#output] asks
/// for them. Tables are copies that hold such bits until [RowTable#changed] has told of a row. A
/// thread that may not call is refused.
public final class DistantEngine implements Engine {
  private static final byte POISON = -1;

  private final Engine inner;
  private final Arena arena = Arena.ofShared();
  private final Thread owner = Thread.currentThread();

  /// The thread of work that goes on beside a run.
  private volatile Thread beside = owner;

  /// The same threads as those of the cpu.
  public DistantEngine(int threads) {
    inner = new CpuEngine(threads);
  }

  private void enter() {
    Thread caller = Thread.currentThread();
    if (!caller.equals(owner) && !caller.equals(beside)) {
      throw new IllegalStateException(caller + " uses the engine of " + owner);
    }
  }

  @Override
  public String device() {
    return "distant";
  }

  @Override
  public String description() {
    return "distant " + inner.description();
  }

  @Override
  public int threads() {
    return inner.threads();
  }

  @Override
  public Variables variables(String name) {
    enter();
    return inner.variables(name);
  }

  @Override
  public RowTable table(String name, MemorySegment rows, long rowBytes) {
    enter();
    MemorySegment copy = arena.allocate(rows.byteSize(), 64).fill(POISON);
    RowTable.Storage storage =
        new RowTable.Storage() {
          @Override
          public void changed(long firstRow, long count) {
            enter();
            long at = firstRow * rowBytes;
            MemorySegment.copy(rows, at, copy, at, count * rowBytes);
          }

          @Override
          public void close() {}
        };
    // The cpu reads what a table says its rows are.
    return new RowTable(name, copy, rowBytes, (_, _, _) -> storage);
  }

  @Override
  public Program compile(String name, int rounds, Consumer<Graph> trace) {
    enter();
    return new Distant(inner.compile(name, rounds, trace));
  }

  @Override
  public void close() {
    enter();
    inner.close();
    arena.close();
  }

  private final class Distant implements Program {
    private final Program near;
    private final Map<String, MemorySegment> seen = new HashMap<>();

    Distant(Program near) {
      this.near = near;
    }

    @Override
    public MemorySegment input(String name) {
      return near.input(name);
    }

    @Override
    public MemorySegment output(String name) {
      enter();
      MemorySegment real = near.output(name);
      MemorySegment shown = seen.computeIfAbsent(name, _ -> arena.allocate(real.byteSize(), 64));
      return shown.copyFrom(real);
    }

    private void poison() {
      seen.values().forEach(shown -> shown.fill(POISON));
    }

    @Override
    public void run() {
      enter();
      near.run();
      poison();
    }

    @Override
    public int rounds() {
      enter();
      return near.rounds();
    }

    @Override
    public void runBeside(Runnable work) {
      enter();
      poison();
      Thread before = beside;
      near.runBeside(() -> {
        beside = Thread.currentThread();
        work.run();
      });
      beside = before;
      poison();
    }

    @Override
    public String describe() {
      return near.describe();
    }

    @Override
    public void close() {
      near.close();
    }
  }
}
