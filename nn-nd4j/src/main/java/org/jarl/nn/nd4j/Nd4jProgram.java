package org.jarl.nn.nd4j;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.jarl.nn.DType;
import org.jarl.nn.Graph;
import org.jarl.nn.Op;
import org.jarl.nn.Parameter;
import org.jarl.nn.Program;
import org.jarl.nn.RowTable;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.memory.conf.WorkspaceConfiguration;
import org.nd4j.linalg.api.memory.enums.LearningPolicy;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/// One graph, walked anew by every round of every run.
///
/// Inputs, constants, outputs and views of parameters are arrays that last as long as the engine;
/// everything in between lies in a workspace that is emptied after each run.
final class Nd4jProgram implements Program {
  private static final AtomicLong WORKSPACES = new AtomicLong();

  private final Graph graph;
  private final Map<Tensor, INDArray> fixed = new LinkedHashMap<>();
  private final Map<String, INDArray> outputs = new LinkedHashMap<>();
  private final Map<String, MemorySegment> inputMemory = new LinkedHashMap<>();
  private final Map<String, MemorySegment> outputMemory = new LinkedHashMap<>();
  private final List<Slot> loads = new ArrayList<>();
  private final List<Slot> stores = new ArrayList<>();
  private final List<TableRows> tableRows = new ArrayList<>();
  private final INDArray[] values;
  private final WorkspaceConfiguration workspace =
      WorkspaceConfiguration.builder().policyLearning(LearningPolicy.FIRST_LOOP).build();
  private final String workspaceId = "jarl " + WORKSPACES.incrementAndGet();
  private int taken;
  private boolean closed;

  /// The values of all rounds, one after another, and the memory of the array that a round uses.
  private record Slot(MemorySegment all, MemorySegment place) {}

  /// Rows of a table and the memory of the array that they go to.
  private record TableRows(RowTable table, MemorySegment indices, int count, MemorySegment to) {}

  Nd4jProgram(Graph graph, HostArrays arrays) {
    this.graph = graph;
    this.values = new INDArray[graph.tensors().size()];
    for (Tensor tensor : graph.tensors()) {
      switch (tensor.op()) {
        case Op.Input(String name, boolean ofRound) -> {
          MemorySegment place = arrays.memory(fix(tensor, arrays));
          inputMemory.put(name, ofRound ? ofRounds(place, arrays, loads) : place);
        }
        case Op.Rows(RowTable table) -> {
          Tensor indices = tensor.inputs().getFirst();
          tableRows.add(
              new TableRows(
                  table,
                  arrays.memory(Objects.requireNonNull(fixed.get(indices))),
                  indices.shape().elements(),
                  arrays.memory(fix(tensor, arrays))));
        }
        case Op.Constant(float value) -> fix(tensor, arrays).assign(value);
        case Op.ConstantArray(List<Float> values) -> {
          MemorySegment place = arrays.memory(fix(tensor, arrays));
          for (int i = 0; i < values.size(); i++) {
            place.setAtIndex(ValueLayout.JAVA_FLOAT, i, values.get(i));
          }
        }
        case Op.Variable(Parameter parameter) ->
            fixed.put(tensor, Nd4jStorage.of(parameter.owner()).view(parameter));
        default -> {}
      }
    }
    graph
        .outputs()
        .forEach((name, tensor) -> {
          INDArray array = arrays.own(tensor.dtype(), tensor.shape());
          outputs.put(name, array);
          outputMemory.put(name, ofRounds(arrays.memory(array), arrays, stores));
        });
  }

  /// Memory for the values of all rounds; the place itself for one round.
  private MemorySegment ofRounds(MemorySegment place, HostArrays arrays, List<Slot> slots) {
    if (graph.rounds() == 1) {
      return place;
    }
    int bytes = Math.toIntExact(graph.rounds() * place.byteSize());
    MemorySegment all = arrays.memory(arrays.own(DType.U8, Shape.of(bytes)));
    slots.add(new Slot(all, place));
    return all;
  }

  private INDArray fix(Tensor tensor, HostArrays arrays) {
    INDArray array = arrays.own(tensor.dtype(), tensor.shape());
    fixed.put(tensor, array);
    return array;
  }

  @Override
  public MemorySegment input(String inputName) {
    return find(inputMemory, "input", inputName);
  }

  @Override
  public MemorySegment output(String outputName) {
    return find(outputMemory, "output", outputName);
  }

  private MemorySegment find(Map<String, MemorySegment> places, String what, String wanted) {
    MemorySegment place = places.get(wanted);
    if (place == null) {
      throw new IllegalArgumentException(
          "program "
              + graph.name()
              + " has no "
              + what
              + " \""
              + wanted
              + "\"; it has "
              + places.keySet());
    }
    return place;
  }

  @Override
  public void run() {
    for (taken = 0; taken < graph.rounds(); taken++) {
      load(taken);
      if (!runRound(taken)) {
        return;
      }
    }
  }

  @Override
  public void runBeside(Runnable work) {
    if (graph.rounds() > 1 || graph.stopCondition() != null) {
      Program.super.runBeside(work);
      return;
    }
    taken = 1;
    // The work may write to the tables.
    load(0);
    try {
      work.run();
    } finally {
      runRound(0);
    }
  }

  /// Inputs and rows of a round.
  private void load(int round) {
    if (closed) {
      throw new IllegalStateException("program " + graph.name() + " is closed");
    }
    for (Slot slot : loads) {
      long bytes = slot.place.byteSize();
      MemorySegment.copy(slot.all, round * bytes, slot.place, 0, bytes);
    }
    for (TableRows rows : tableRows) {
      rows.table.checkIndices(rows.indices);
      rows.table.copyRows(rows.indices, 0, rows.count, rows.to);
    }
  }

  /// @return whether the round has taken effect
  private boolean runRound(int round) {
    boolean effective = compute();
    for (Slot slot : stores) {
      long bytes = slot.place.byteSize();
      MemorySegment.copy(slot.place, 0, slot.all, round * bytes, bytes);
    }
    return effective;
  }

  /// @return whether the round has taken effect
  private boolean compute() {
    try (MemoryWorkspace _ =
        Nd4j.getWorkspaceManager().getAndActivateWorkspace(workspace, workspaceId)) {
      for (Tensor tensor : graph.tensors()) {
        INDArray known = fixed.get(tensor);
        values[tensor.id()] = known != null ? known : Operations.compute(tensor, inputs(tensor));
      }
      graph.outputs().forEach((name, tensor) -> write(values[tensor.id()], name));
      Tensor stop = graph.stopCondition();
      if (stop != null && values[stop.id()].getFloat(0) > 0) {
        return false;
      }
      graph.effects().forEach(this::apply);
      return true;
    } finally {
      Arrays.fill(values, null);
    }
  }

  @Override
  public int rounds() {
    return taken;
  }

  private INDArray[] inputs(Tensor tensor) {
    return tensor.inputs().stream().map(t -> values[t.id()]).toArray(INDArray[]::new);
  }

  private void write(INDArray value, String name) {
    INDArray output = outputs.get(name);
    if (output != null) {
      output.assign(value);
    }
  }

  private void apply(Graph.Effect effect) {
    switch (effect) {
      case Graph.Effect.Optimize(var optimizer, var gradients, var learningRate) ->
          new UpdateRule(optimizer)
              .step(
                  gradients.stream().map(t -> values[t.id()]).toList(),
                  values[learningRate.id()].getFloat(0));
      case Graph.Effect.Blend(var source, var target, float rate) ->
          UpdateRule.blend(Nd4jStorage.of(source).values(), Nd4jStorage.of(target).values(), rate);
    }
  }

  @Override
  public String describe() {
    return graph.describe();
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    var manager = Nd4j.getWorkspaceManager();
    if (manager.checkIfWorkspaceExists(workspaceId)) {
      manager.destroyWorkspace(manager.getWorkspaceForCurrentThread(workspace, workspaceId));
    }
  }
}
