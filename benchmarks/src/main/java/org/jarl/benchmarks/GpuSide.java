package org.jarl.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.IntConsumer;
import org.jarl.nn.DType;
import org.jarl.nn.Engine;
import org.jarl.nn.Engines;
import org.jarl.nn.Graph;
import org.jarl.nn.Module;
import org.jarl.nn.Optimizer;
import org.jarl.nn.Parameter;
import org.jarl.nn.Precision;
import org.jarl.nn.Program;
import org.jarl.nn.Scope;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;
import org.jarl.nn.Variables;

/// Jarl's side of `scripts/bench-gpu`: a process that another one tells line by line what to do, so
/// that both sides take turns within one run. It needs the engine alone.
///
///     open PRECISION           -> what the engine runs on
///     update NET BATCH DIR     -> prepares a DQN update; weights and batch are written to DIR
///     losses N                 -> N losses of N updates, from the first weights on
///     time N                   -> microseconds of an update, and of the host's processor, over N or
///                                 a second, whichever is less; all timings are warmed up before
///     send N                   -> the same where every update gets its batch from the host
///     act NET COPIES           -> prepares acting for so many copies of an environment
///     acts N                   -> microseconds from observations to actions, host to host, over N
///     quit
///
/// A DQN update is target network forward, online network forward, Huber loss, gradient and one step
/// of Adam. Networks: `cnn` (Mnih et al. 2015, u8 stacks `[4, 84, 84]`, 6 actions), `mlp-64` (8 to
/// 64, 64, 4) and `mlp-256` (64 to 256, 256, 16).
public final class GpuSide implements AutoCloseable {
  private static final float LEARNING_RATE = 1e-4f;
  private static final float EPSILON = 1e-5f;
  private static final int CHUNK = 50;
  private static final double WARM_NANOS = 0.2e9;
  private static final double TURN_NANOS = 1e9;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final Engine engine;
  private final List<Variables> state = new ArrayList<>();
  private final List<MemorySegment> first = new ArrayList<>();
  private final Arena arena = Arena.ofShared();
  private Program program;
  private int made;

  private GpuSide(String device, Precision precision) {
    engine = Engines.open(device, 1, precision);
    program = engine.compile("nothing", g -> g.output("nothing", g.constant(0)));
  }

  /// Answers lines until `quit`.
  ///
  /// @param arguments the device, `cuda` by default
  public static void main(String[] arguments) throws IOException {
    String device = arguments.length > 0 ? arguments[0] : "cuda";
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    GpuSide side = null;
    for (String line = in.readLine(); line != null && !line.equals("quit"); line = in.readLine()) {
      String[] words = line.split(" ");
      if (words[0].equals("open")) {
        if (side != null) {
          side.close();
        }
        side = new GpuSide(device, Precision.valueOf(words[1].toUpperCase(Locale.ROOT)));
        say(side.engine.description());
      } else if (side != null) {
        say(side.answer(words));
      } else {
        say("open first");
      }
    }
    if (side != null) {
      side.close();
    }
  }

  private static void say(String answer) {
    PrintStream out = System.out;
    out.println(answer);
    out.flush();
  }

  private String answer(String[] words) throws IOException {
    return switch (words[0]) {
      case "update" -> update(words[1], Integer.parseInt(words[2]), Path.of(words[3]));
      case "losses" -> losses(Integer.parseInt(words[1]));
      case "time" -> time(Integer.parseInt(words[1]));
      case "send" -> send(Integer.parseInt(words[1]));
      case "act" -> act(words[1], Integer.parseInt(words[2]));
      case "acts" -> acts(Integer.parseInt(words[1]));
      default -> throw new IllegalArgumentException("unknown word " + words[0]);
    };
  }

  /// A network and what it sees.
  private record Network(Module module, int[] observation, boolean bytes, int actions) {
    static Network of(String name, Variables variables, SplittableRandom random) {
      return switch (name) {
        case "cnn" -> new Network(cnn(variables, random), new int[] {4, 84, 84}, true, 6);
        case "mlp-64" -> new Network(mlp(variables, random, 8, 64, 64, 4), new int[] {8}, false, 4);
        case "mlp-256" ->
            new Network(mlp(variables, random, 64, 256, 256, 16), new int[] {64}, false, 16);
        default -> throw new IllegalArgumentException("unknown network " + name);
      };
    }

    private static Module cnn(Variables v, SplittableRandom random) {
      return Scope.of(v, random)
          .conv2d("conv1", Shape.of(8, 8, 4, 32), 4, 0)
          .then(Tensor::relu)
          .then(Scope.of(v, random).conv2d("conv2", Shape.of(4, 4, 32, 64), 2, 0))
          .then(Tensor::relu)
          .then(Scope.of(v, random).conv2d("conv3", Shape.of(3, 3, 64, 64), 1, 0))
          .then(Tensor::relu)
          .then(Tensor::flatten)
          .then(Scope.of(v, random).linear("hidden", 7 * 7 * 64, 512))
          .then(Tensor::relu)
          .then(Scope.of(v, random).linear("head", 512, 6));
    }

    private static Module mlp(Variables v, SplittableRandom random, int... sizes) {
      Module module = x -> x;
      for (int i = 0; i + 1 < sizes.length; i++) {
        module = module.then(Scope.of(v, random).linear("layer" + i, sizes[i], sizes[i + 1]));
        module = i + 2 < sizes.length ? module.then(Tensor::relu) : module;
      }
      return module;
    }

    Tensor input(Graph graph, String name, int count) {
      int[] sizes = new int[observation.length + 1];
      sizes[0] = count;
      System.arraycopy(observation, 0, sizes, 1, observation.length);
      Tensor x = graph.input(name, bytes ? DType.U8 : DType.F32, sizes);
      return bytes ? x.permute(0, 2, 3, 1).toF32().times(1f / 255) : x;
    }
  }

  private String update(String name, int batch, Path folder) throws IOException {
    program.close();
    made++;
    Variables online = engine.variables("online" + made);
    Variables target = engine.variables("target" + made);
    Network net = Network.of(name, online, new SplittableRandom(1));
    Network targets = Network.of(name, target, new SplittableRandom(2));
    Optimizer adam = new Optimizer(engine, online, Optimizer.Rule.Adam.withEpsilon(EPSILON), 0);
    program =
        engine.compile(
            name + " " + batch,
            g -> {
              Tensor next = targets.module.apply(targets.input(g, "next", batch));
              Tensor y =
                  g.input("rewards", batch).plus(g.input("discounts", batch).times(next.max(1)));
              Tensor q =
                  net.module
                      .apply(net.input(g, "observations", batch))
                      .gather(g.input("actions", DType.I32, batch));
              Tensor loss = q.minus(y.stopGradient()).huber(1f).mean();
              g.output("loss", adam.minimize(loss, LEARNING_RATE));
            });
    SplittableRandom random = new SplittableRandom(3);
    for (String input : List.of("observations", "next")) {
      fill(program.input(input), net.bytes, random);
    }
    for (int i = 0; i < batch; i++) {
      program.input("actions").setAtIndex(ValueLayout.JAVA_INT, i, random.nextInt(net.actions));
      program
          .input("rewards")
          .setAtIndex(ValueLayout.JAVA_FLOAT, i, 2 * (float) random.nextDouble() - 1);
      program
          .input("discounts")
          .setAtIndex(ValueLayout.JAVA_FLOAT, i, random.nextInt(10) == 0 ? 0 : 0.99f);
    }
    keep(List.of(online, target, adam.moments().get(0), adam.moments().get(1), adam.steps()));
    write(online, folder.resolve("online"));
    write(target, folder.resolve("target"));
    for (String input : List.of("observations", "next", "actions", "rewards", "discounts")) {
      Files.write(
          folder.resolve(input + ".bin"), program.input(input).toArray(ValueLayout.JAVA_BYTE));
    }
    return "ready";
  }

  private static void fill(MemorySegment input, boolean bytes, SplittableRandom random) {
    if (bytes) {
      byte[] some = new byte[(int) input.byteSize()];
      random.nextBytes(some);
      MemorySegment.copy(some, 0, input, ValueLayout.JAVA_BYTE, 0, some.length);
    } else {
      for (long i = 0; i < input.byteSize() / 4; i++) {
        input.setAtIndex(ValueLayout.JAVA_FLOAT, i, 2 * (float) random.nextDouble() - 1);
      }
    }
  }

  /// Remembers the values that updates begin with.
  private void keep(List<Variables> all) {
    state.clear();
    first.clear();
    for (Variables variables : all) {
      MemorySegment values = arena.allocate(Math.max(4, variables.bytes()), 64);
      variables.read(values);
      state.add(variables);
      first.add(values);
    }
  }

  /// Writes `FILE.txt`, a line of name and sizes for each parameter, and `FILE.bin`, their values.
  private static void write(Variables variables, Path file) throws IOException {
    float[] values = new float[variables.elements()];
    variables.read(MemorySegment.ofArray(values));
    StringBuilder text = new StringBuilder();
    Path data = Path.of(file + ".bin");
    Files.deleteIfExists(data);
    try (var out =
        Files.newByteChannel(
            data,
            java.nio.file.StandardOpenOption.CREATE,
            java.nio.file.StandardOpenOption.WRITE)) {
      for (Parameter parameter : variables.parameters()) {
        text.append(parameter.name());
        for (int size : parameter.shape().toArray()) {
          text.append(' ').append(size);
        }
        text.append('\n');
        MemorySegment part =
            MemorySegment.ofArray(values)
                .asSlice(4L * parameter.offset(), 4L * parameter.shape().elements());
        out.write(java.nio.ByteBuffer.wrap(part.toArray(ValueLayout.JAVA_BYTE)));
      }
    }
    Files.writeString(Path.of(file + ".txt"), text);
  }

  private float loss() {
    return program.output("loss").get(ValueLayout.JAVA_FLOAT, 0);
  }

  private String losses(int count) {
    for (int i = 0; i < state.size(); i++) {
      state.get(i).write(first.get(i));
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      program.run();
      text.append(i == 0 ? "" : " ").append(loss());
    }
    return text.toString();
  }

  /// Updates back to back, inputs already on the device.
  private String time(int count) {
    return timed(count, updates -> program.run(updates), this::loss);
  }

  /// Updates one by one, each with its batch.
  private String send(int count) {
    return timed(
        count,
        updates -> {
          for (int i = 0; i < updates; i++) {
            program.run();
          }
        },
        this::loss);
  }

  /// Warms up for some tenths of a second, which tells how many runs fit into a turn: a device that
  /// is slower than expected measures fewer of them.
  private String timed(int count, IntConsumer work, Runnable wait) {
    long begin = System.nanoTime();
    double each;
    int chunk = 1;
    while (true) {
      long before = System.nanoTime();
      work.accept(chunk);
      wait.run();
      each = (System.nanoTime() - before) / (double) chunk;
      if (System.nanoTime() - begin >= WARM_NANOS) {
        break;
      }
      chunk = Math.min(CHUNK, 2 * chunk);
    }
    int runs = (int) Math.clamp(TURN_NANOS / each, 1, count);
    long processor = 0;
    begin = System.nanoTime();
    for (int done = 0; done < runs; done += CHUNK) {
      long before = THREADS.getCurrentThreadCpuTime();
      work.accept(Math.min(CHUNK, runs - done));
      processor += THREADS.getCurrentThreadCpuTime() - before;
      wait.run();
    }
    long nanos = System.nanoTime() - begin;
    return nanos / 1e3 / runs + " " + processor / 1e3 / runs;
  }

  private String act(String name, int copies) {
    program.close();
    made++;
    Variables variables = engine.variables("acting" + made);
    Network net = Network.of(name, variables, new SplittableRandom(1));
    program =
        engine.compile(
            name + " acts",
            g ->
                g.output(
                    "actions", net.module.apply(net.input(g, "observations", copies)).argMax()));
    fill(program.input("observations"), net.bytes, new SplittableRandom(3));
    return "ready";
  }

  private String acts(int count) {
    MemorySegment observations = program.input("observations");
    return timed(
        count,
        steps -> {
          for (int i = 0; i < steps; i++) {
            observations.set(ValueLayout.JAVA_BYTE, i % observations.byteSize(), (byte) 1);
            program.run();
            program.output("actions");
          }
        },
        () -> {});
  }

  @Override
  public void close() {
    engine.close();
    arena.close();
  }
}
