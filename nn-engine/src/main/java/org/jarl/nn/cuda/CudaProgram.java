package org.jarl.nn.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jcuda.driver.CUevent;
import jcuda.driver.CUgraphExec;
import org.jarl.nn.Program;
import org.jarl.nn.RowTable;
import org.jspecify.annotations.Nullable;

/// A program as CUDA graphs, captured when first needed and launched with one call each.
///
/// Inputs are the caller's to change as soon as [#run] returns: a run sends a copy, and there are
/// two of them, so that the next run can be prepared while the device is busy.
final class CudaProgram implements Program {
  /// Size of `Control` in gpu.cuh, rounded up to where the first output begins.
  static final long CONTROL_BYTES = 64;

  private static final long STOPPED = 4;
  private static final long TAKEN = 8;
  private static final int SLOTS = 2;

  private final CudaEngine engine;
  private final Driver driver;
  private final LaunchOrder order;
  private final int rounds;
  private final boolean controlled;
  private final Memory memory;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment filled;
  private final Map<String, MemorySegment> inputs = new LinkedHashMap<>();

  private final Map<String, MemorySegment> outputs = new LinkedHashMap<>();
  private final List<OfRounds> ofRounds = new ArrayList<>();
  private final PinnedMemory[] sent = new PinnedMemory[SLOTS];
  private final PinnedMemory received;

  /// A kernel would read foreign memory by an index beyond its table.
  private final List<Filled> toCheck = new ArrayList<>();

  /// When the run of a slot is over.
  private final CUevent[] over = new CUevent[SLOTS];

  private final @Nullable CUgraphExec[] whole = new CUgraphExec[SLOTS];
  private final @Nullable CUgraphExec[] tensors = new CUgraphExec[SLOTS];
  private @Nullable CUgraphExec effects;
  private @Nullable CUgraphExec round;
  private int slot;
  private boolean running;
  private boolean closed;

  /// An output as it comes, and as the caller sees it: rows of rounds that were left out stay.
  private record OfRounds(MemorySegment all, MemorySegment shown) {}

  /// What the launches work on.
  ///
  /// @param own all allocations of the program, those of inputs and outputs among them
  /// @param takenFrom tables whose rows it takes
  /// @param indices inputs that hold indices of rows
  record Memory(
      Compiler.Layout inputs,
      DeviceMemory inputMemory,
      Compiler.Layout outputs,
      DeviceMemory outputMemory,
      List<DeviceMemory> own,
      ConstantData constants,
      List<CudaTable> takenFrom,
      List<Indices> indices) {}

  /// An input of indices to the rows of a table.
  record Indices(RowTable table, String input) {}

  /// The same with the memory that the caller fills.
  private record Filled(RowTable table, MemorySegment indices) {}

  /// @param controlled whether the run's state is kept on the device
  CudaProgram(CudaEngine engine, LaunchOrder order, int rounds, boolean controlled, Memory memory) {
    this.engine = engine;
    this.driver = engine.driver();
    this.order = order;
    this.rounds = rounds;
    this.controlled = controlled;
    this.memory = memory;
    order.load(driver);
    filled = arena.allocate(Math.max(64, memory.inputs.bytes()), 64);
    received = driver.pin(memory.outputs.bytes());
    for (int i = 0; i < SLOTS; i++) {
      sent[i] = driver.pin(memory.inputs.bytes());
      over[i] = driver.event();
    }
    slice(memory.inputs, filled, inputs);
    slice(memory.outputs, received.segment(), outputs);
    for (Indices each : memory.indices) {
      toCheck.add(new Filled(each.table, input(each.input)));
    }
    if (controlled) {
      outputs.replaceAll((_, all) -> {
        MemorySegment shown = arena.allocate(all.byteSize(), 64);
        ofRounds.add(new OfRounds(all, shown));
        return shown;
      });
    }
  }

  private static void slice(
      Compiler.Layout layout, MemorySegment block, Map<String, MemorySegment> into) {
    layout
        .offsets()
        .forEach((name, offset) ->
            into.put(name, block.asSlice(offset, layout.sizes().getOrDefault(name, 0L))));
  }

  @Override
  public MemorySegment input(String inputName) {
    return find(inputs, "input", inputName);
  }

  @Override
  public MemorySegment output(String outputName) {
    await();
    return find(outputs, "output", outputName);
  }

  private MemorySegment find(Map<String, MemorySegment> places, String what, String wanted) {
    MemorySegment place = places.get(wanted);
    if (place == null) {
      throw new IllegalArgumentException(
          "program %s has no %s \"%s\"; it has %s"
              .formatted(order.name(), what, wanted, places.keySet()));
    }
    return place;
  }

  private void await() {
    if (running) {
      driver.enter();
      driver.await(over[slot]);
      running = false;
      if (controlled) {
        showRounds();
      }
    }
  }

  private void showRounds() {
    MemorySegment control = received.segment();
    int done =
        control.get(ValueLayout.JAVA_INT, TAKEN) + control.get(ValueLayout.JAVA_INT, STOPPED);
    for (int i = 0; i < ofRounds.size(); i++) {
      MemorySegment all = ofRounds.get(i).all;
      MemorySegment.copy(all, 0, ofRounds.get(i).shown, 0, all.byteSize() / rounds * done);
    }
  }

  @Override
  public void run() {
    begin();
    if (controlled) {
      send();
      CUgraphExec body = round();
      for (int i = 0; i < rounds; i++) {
        driver.launch(body, engine.stream());
      }
      receive();
    } else {
      driver.launch(whole(), engine.stream());
    }
    end();
  }

  @Override
  public void run(int times) {
    if (controlled) {
      Program.super.run(times);
      return;
    }
    begin();
    send();
    CUgraphExec body = round();
    for (int i = 0; i < times; i++) {
      driver.launch(body, engine.stream());
    }
    receive();
    end();
  }

  @Override
  public void runBeside(Runnable work) {
    if (controlled) {
      Program.super.runBeside(work);
      return;
    }
    begin();
    driver.launch(tensors(), engine.stream());
    try {
      work.run();
    } finally {
      driver.enter();
      driver.launch(effects(), engine.stream());
      end();
    }
  }

  /// Copies the inputs to where the device takes them from, when it has taken those of before.
  ///
  /// @throws IllegalArgumentException if an index is not that of a row; nothing has begun then
  private void begin() {
    for (int i = 0; i < toCheck.size(); i++) {
      toCheck.get(i).table.checkIndices(toCheck.get(i).indices);
    }
    driver.enter();
    slot = (slot + 1) % SLOTS;
    driver.await(over[slot]);
    for (int i = 0; i < memory.takenFrom.size(); i++) {
      memory.takenFrom.get(i).send();
    }
    MemorySegment.copy(filled, 0, sent[slot].segment(), 0, memory.inputs.bytes());
  }

  private void end() {
    driver.record(over[slot], engine.stream());
    running = true;
  }

  // ---- what is on the stream

  private void send() {
    send(slot, engine.stream());
  }

  private void send(int from, jcuda.driver.CUstream stream) {
    if (memory.inputs.bytes() > 0) {
      driver.toDevice(
          memory.inputMemory.handle(), sent[from].pointer(), memory.inputs.bytes(), stream);
    }
    if (controlled) {
      driver.clear(memory.outputMemory.handle(), CONTROL_BYTES, stream);
    }
  }

  private void receive() {
    receive(engine.stream());
  }

  private void receive(jcuda.driver.CUstream stream) {
    driver.toHost(received.pointer(), memory.outputMemory.handle(), memory.outputs.bytes(), stream);
  }

  // ---- graphs

  private interface Part {
    void launch(LaunchOrder.Streams streams);
  }

  private CUgraphExec capture(Part part) {
    try (LaunchOrder.Streams streams = new LaunchOrder.Streams(driver)) {
      return driver.capture(streams.main(), () -> part.launch(streams));
    }
  }

  private CUgraphExec whole() {
    CUgraphExec graph = whole[slot];
    if (graph == null) {
      int from = slot;
      graph =
          capture(streams -> {
            send(from, streams.main());
            order.launchTensors(streams);
            order.launchEffects(streams);
            receive(streams.main());
          });
      whole[slot] = graph;
    }
    return graph;
  }

  private CUgraphExec tensors() {
    CUgraphExec graph = tensors[slot];
    if (graph == null) {
      int from = slot;
      graph =
          capture(streams -> {
            send(from, streams.main());
            order.launchTensors(streams);
          });
      tensors[slot] = graph;
    }
    return graph;
  }

  private CUgraphExec effects() {
    if (effects == null) {
      effects =
          capture(streams -> {
            order.launchEffects(streams);
            receive(streams.main());
          });
    }
    return effects;
  }

  private CUgraphExec round() {
    if (round == null) {
      round =
          capture(streams -> {
            order.launchTensors(streams);
            order.launchEffects(streams);
          });
    }
    return round;
  }

  @Override
  public int rounds() {
    await();
    return controlled ? received.segment().get(ValueLayout.JAVA_INT, TAKEN) : 1;
  }

  @Override
  public String describe() {
    return order.toString();
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    driver.settle(engine.stream());
    engine.forget(this);
    destroy(effects);
    destroy(round);
    for (int i = 0; i < SLOTS; i++) {
      destroy(whole[i]);
      destroy(tensors[i]);
      driver.destroy(over[i]);
      driver.free(sent[i]);
    }
    driver.free(received);
    memory.own.forEach(driver::free);
    memory.constants.free();
    arena.close();
  }

  private void destroy(@Nullable CUgraphExec graph) {
    if (graph != null) {
      driver.destroy(graph);
    }
  }
}
