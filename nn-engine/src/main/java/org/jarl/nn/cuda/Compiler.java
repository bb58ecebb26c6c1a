package org.jarl.nn.cuda;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jarl.nn.Graph;
import org.jarl.nn.Op;
import org.jarl.nn.Parameter;
import org.jarl.nn.Plan;
import org.jarl.nn.Precision;
import org.jarl.nn.RowTable;
import org.jarl.nn.Tensor;

/// Turns an optimized graph into launches over fixed memory of the device.
///
///     inputs    | name | name | ...                       one copy from the host
///     outputs   | Control | name [rounds] | ...           one copy to the host
///     block     | tensors and workspaces by lifetime |
///     constants | numbers, offsets, chains |
final class Compiler {
  private final Graph graph;
  private final CudaEngine engine;
  private final Driver driver;
  private final Precision precision;
  private final ImageFusion images;
  private final Plan plan;
  private final ConstantData constants;
  private final Map<Tensor, Long> places = new HashMap<>();
  private final Layout inputs = new Layout(0);
  private final Layout outputs = new Layout(CudaProgram.CONTROL_BYTES);
  private final List<Launch> loads = new ArrayList<>();
  private final List<Launch> stores = new ArrayList<>();
  private final List<Launch> copies = new ArrayList<>();
  private final List<DeviceMemory> own = new ArrayList<>();

  /// Where a round leaves an output.
  private final Map<String, Long> roundOutputs = new LinkedHashMap<>();

  /// Copies to be made when all else is done: destination, and what goes there.
  private final Map<Long, Tensor> late = new LinkedHashMap<>();

  /// Names within a block of memory.
  static final class Layout {
    private final Map<String, Long> offsets = new LinkedHashMap<>();
    private final Map<String, Long> sizes = new LinkedHashMap<>();
    private long bytes;

    Layout(long head) {
      bytes = head;
    }

    long add(String name, long size) {
      long offset = bytes;
      offsets.put(name, offset);
      sizes.put(name, size);
      bytes += (size + 63) / 64 * 64;
      return offset;
    }

    long bytes() {
      return bytes;
    }

    Map<String, Long> offsets() {
      return offsets;
    }

    Map<String, Long> sizes() {
      return sizes;
    }
  }

  Compiler(Graph graph, CudaEngine engine) {
    this.graph = graph;
    this.engine = engine;
    this.driver = engine.driver();
    this.precision = engine.precision();
    this.images = new ImageFusion(graph);
    this.plan = new Plan(graph, new Needs());
    this.constants = new ConstantData(driver, engine.transfer(), graph.name());
  }

  private final class Needs implements Plan.Needs {
    @Override
    public int stages(Tensor tensor) {
      return 1;
    }

    @Override
    public long workspace(Tensor tensor) {
      return images.of(tensor) == null
          ? Operations.workspace(tensor, precision)
          : Convolutions.workspace(tensor, precision, true);
    }

    @Override
    public List<Tensor> reads(Tensor tensor) {
      return images.reads(tensor);
    }

    @Override
    public boolean absorbed(Tensor tensor) {
      return images.absorbed(tensor);
    }
  }

  CudaProgram compile() {
    try {
      return compiled();
    } catch (RuntimeException e) {
      own.forEach(driver::free);
      constants.free();
      throw e;
    }
  }

  private CudaProgram compiled() {
    graph.inputs().forEach((name, tensor) -> inputs.add(name, bytes(tensor) * rows(tensor)));
    graph.outputs().forEach((name, tensor) -> outputs.add(name, bytes(tensor) * graph.rounds()));
    DeviceMemory inputMemory = take("inputs", inputs.bytes());
    DeviceMemory outputMemory = take("outputs", outputs.bytes());
    placeSources(inputMemory.address());
    long stop = placeClaims(outputMemory.address());
    Plan.Memory shared = plan.share();
    long block = take("tensors", shared.bytes()).address();
    shared.tensors().forEach((tensor, offset) -> places.put(tensor, block + offset));
    List<List<List<Launch>>> levels = levels(block, shared);
    boolean controlled = graph.rounds() > 1 || graph.stopCondition() != null;
    long control = controlled ? outputMemory.address() : 0;
    LaunchOrder order = new LaunchOrder(graph.name());
    loads(control, inputMemory.address());
    order.add(List.of(loads));
    levels.forEach(order::add);
    order.add(copies.stream().map(List::of).toList());
    stores(control, outputMemory.address());
    order.add(stores.stream().map(List::of).toList());
    if (controlled) {
      Launch judge = new Launch("judge_round", 32).pointer(control).pointer(stop);
      order.add(List.of(List.of(judge)));
    }
    order.beginEffects();
    for (Graph.Effect effect : graph.effects()) {
      long bytes = Operations.workspace(effect);
      Placement placement = new At(bytes == 0 ? 0 : take("an effect", bytes).address());
      order.add(List.of(Operations.launches(effect, placement, control)));
    }
    if (controlled) {
      order.add(List.of(List.of(new Launch("next_round", 32).pointer(control))));
    }
    return new CudaProgram(
        engine,
        order,
        graph.rounds(),
        controlled,
        new CudaProgram.Memory(
            inputs,
            inputMemory,
            outputs,
            outputMemory,
            List.copyOf(own),
            constants,
            takenFrom(),
            indices()));
  }

  private DeviceMemory take(String what, long bytes) {
    DeviceMemory memory = driver.allocate(what + " of program " + graph.name(), bytes);
    own.add(memory);
    return memory;
  }

  private static long bytes(Tensor tensor) {
    return (long) tensor.shape().elements() * tensor.dtype().bytes();
  }

  /// Values that a run brings of an input.
  private int rows(Tensor tensor) {
    return tensor.op() instanceof Op.Input(_, boolean ofRound) && ofRound ? graph.rounds() : 1;
  }

  /// Places what is there before a run begins.
  private void placeSources(long inputAddress) {
    for (Tensor tensor : graph.tensors()) {
      switch (tensor.op()) {
        case Op.Input(String name, _) when rows(tensor) == 1 ->
            places.put(tensor, inputAddress + inputs.offsets().getOrDefault(name, 0L));
        case Op.Input _ -> places.put(tensor, take("an input of a round", bytes(tensor)).address());
        case Op.Variable(Parameter parameter) ->
            places.put(
                tensor, CudaStorage.of(parameter.owner()).address() + 4L * parameter.offset());
        case Op.Constant(float value) ->
            places.put(tensor, constants.constant(value, tensor.shape().elements()));
        case Op.ConstantArray(List<Float> values) ->
            places.put(
                tensor, constants.of(values.stream().mapToInt(Float::floatToRawIntBits).toArray()));
        default -> {}
      }
    }
  }

  /// Places what has memory of its own to go to.
  ///
  /// @return address of the condition to stop, or 0
  private long placeClaims(long outputAddress) {
    long stop = 0;
    for (Plan.Claim claim : plan.claims()) {
      long bytes = bytes(claim.owner());
      long place =
          switch (claim.target()) {
            case Plan.Target.Output(String name) when graph.rounds() == 1 ->
                outputAddress + outputs.offsets().getOrDefault(name, 0L);
            case Plan.Target.Output(String name) -> {
              long own = take("output " + name, bytes).address();
              roundOutputs.put(name, own);
              yield own;
            }
            case Plan.Target.Gradient(Parameter parameter) ->
                CudaStorage.of(parameter.owner()).gradients() + 4L * parameter.offset();
            case Plan.Target.Stop() -> {
              stop = take("the condition to stop", bytes).address();
              yield stop;
            }
          };
      if (claim.inPlace()) {
        places.put(claim.owner(), place);
      } else {
        late.put(place, claim.owner());
      }
    }
    return stop;
  }

  private void loads(long control, long inputAddress) {
    for (Tensor tensor : graph.inputs().values()) {
      if (tensor.op() instanceof Op.Input(String name, _) && rows(tensor) > 1) {
        long all = inputAddress + inputs.offsets().getOrDefault(name, 0L);
        loads.add(move("load_round", control, all, place(tensor), bytes(tensor)));
      }
    }
    late.forEach((to, from) -> copies.add(Operations.copy(place(from), to, bytes(from))));
  }

  private void stores(long control, long outputAddress) {
    roundOutputs.forEach((name, own) -> {
      long all = outputAddress + outputs.offsets().getOrDefault(name, 0L);
      long bytes = outputs.sizes().getOrDefault(name, 0L) / graph.rounds();
      stores.add(move("store_round", control, own, all, bytes));
    });
  }

  private static Launch move(String kernel, long control, long from, long to, long bytes) {
    return new Launch(kernel, 256)
        .grid(Math.clamp(bytes / 4096, 1, 1024))
        .pointer(control)
        .pointer(from)
        .pointer(to)
        .word(bytes);
  }

  private List<List<List<Launch>>> levels(long block, Plan.Memory shared) {
    List<List<List<Launch>>> levels = new ArrayList<>();
    for (Tensor tensor : graph.tensors()) {
      if (plan.computed(tensor)) {
        int level = plan.level(tensor);
        while (levels.size() <= level) {
          levels.add(new ArrayList<>());
        }
        long workspace = block + shared.workspaces().getOrDefault(tensor, 0L);
        levels.get(level).add(launches(tensor, new At(workspace)));
      }
    }
    return levels;
  }

  private List<Launch> launches(Tensor tensor, Placement placement) {
    ImageFusion.Planes planes = images.of(tensor);
    if (planes == null) {
      return Operations.launches(tensor, placement);
    }
    long source = place(planes.source());
    Op.Rows rows = planes.rows();
    Convolutions.Image image =
        rows == null
            ? Convolutions.Image.planes(source, planes.shape(), planes.scale())
            : Convolutions.Image.rows(
                CudaTable.of(rows.table()).address(), source, planes.shape(), planes.scale());
    return Convolutions.launches(tensor, placement, image);
  }

  /// The tables that rows are taken of.
  private List<CudaTable> takenFrom() {
    return graph.tensors().stream()
        .map(Tensor::op)
        .filter(Op.Rows.class::isInstance)
        .map(op -> CudaTable.of(((Op.Rows) op).table()))
        .distinct()
        .toList();
  }

  /// The inputs that say which rows.
  private List<CudaProgram.Indices> indices() {
    List<CudaProgram.Indices> all = new ArrayList<>();
    for (Tensor tensor : graph.tensors()) {
      if (tensor.op() instanceof Op.Rows(RowTable table)
          && tensor.inputs().getFirst().op() instanceof Op.Input input) {
        all.add(new CudaProgram.Indices(table, input.name()));
      }
    }
    return List.copyOf(all);
  }

  private long place(Tensor tensor) {
    Long place = places.get(Plan.owner(tensor));
    if (place == null) {
      throw new IllegalStateException("no memory for " + tensor);
    }
    return place;
  }

  private final class At implements Placement {
    private final long workspace;

    At(long workspace) {
      this.workspace = workspace;
    }

    @Override
    public long place(Tensor tensor) {
      return Compiler.this.place(tensor);
    }

    @Override
    public long workspace() {
      return workspace;
    }

    @Override
    public long table(int[] words) {
      return constants.of(words);
    }

    @Override
    public Precision precision() {
      return precision;
    }
  }
}
