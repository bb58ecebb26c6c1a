package org.jarl.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.Consumer;
import org.jarl.agents.Agent;
import org.jarl.agents.Run;
import org.jarl.agents.Task;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Environments;
import org.jarl.env.VectorEnvironment;
import org.jarl.nn.Engine;
import org.jarl.nn.Engines;
import org.jarl.nn.Graph;
import org.jarl.nn.Parameter;
import org.jarl.nn.Program;
import org.jarl.nn.RowTable;
import org.jarl.nn.Variables;
import org.jspecify.annotations.Nullable;

/// The learner of a real [org.jarl.agents.Ppo] agent, with one rollout in its inputs.
///
/// The agent compiles its program, plays in the environment and fills the inputs, all by itself.
/// This stands between the agent and the engine: it keeps the program from running, so that
/// parameters are still the first ones and the program can be run from outside.
final class PpoLearner implements Candidate {
  private static final String PROGRAM = "ppo.learn";
  private static final String PARAMETERS = "ppo";
  private static final long SEED = 20_260_101;

  private final PpoTask task;
  private final Engine engine;
  private final EnvironmentSpec spec;
  private final Agent agent;
  private final Program program;
  private final Variables parameters;

  /// What the agent left at the engine.
  private static final class Found {
    @Nullable Program program;
    @Nullable Variables parameters;
  }

  /// A learner of an engine of its own.
  ///
  /// @param showing whether the program also puts out what [#gradient] and [#before] read
  PpoLearner(PpoTask task, String device, int threads, boolean showing) {
    this.task = task;
    engine = Engines.open(device, threads);
    Found found = new Found();
    try (Environments environments = Environments.discover(List.of());
        VectorEnvironment environment =
            environments.createVector(task.environment(), task.options(), task.count(), 1)) {
      environment.reset(SEED);
      Engine between = new Between(engine, found, showing);
      spec = environment.spec();
      agent = task.config().create(new Task(spec, task.count(), between, SEED));
      agent.train(new OneRollout(environment));
    }
    if (found.program == null || found.parameters == null) {
      throw new IllegalStateException(
          "Ppo compiles no program \"" + PROGRAM + "\" or has no variables \"" + PARAMETERS + "\"");
    }
    program = found.program;
    parameters = found.parameters;
  }

  /// The agent's engine.
  ///
  /// @param showing whether the learner also puts out gradients and parameters
  private record Between(Engine engine, Found found, boolean showing) implements Engine {
    @Override
    public String device() {
      return engine.device();
    }

    @Override
    public String description() {
      return engine.description();
    }

    @Override
    public int threads() {
      return engine.threads();
    }

    @Override
    public Variables variables(String name) {
      Variables made = engine.variables(name);
      if (name.equals(PARAMETERS)) {
        found.parameters = made;
      }
      return made;
    }

    @Override
    public RowTable table(String name, MemorySegment rows, long rowBytes) {
      return engine.table(name, rows, rowBytes);
    }

    @Override
    public Program compile(String name, int rounds, Consumer<Graph> trace) {
      if (!name.equals(PROGRAM)) {
        return engine.compile(name, rounds, trace);
      }
      Program made = engine.compile(name, rounds, showing ? trace.andThen(Between::show) : trace);
      found.program = made;
      return new Held(made);
    }

    private static void show(Graph graph) {
      for (Graph.Effect effect : List.copyOf(graph.effects())) {
        if (effect instanceof Graph.Effect.Optimize step) {
          List<Parameter> changed = step.optimizer().parameters().parameters();
          for (int i = 0; i < changed.size(); i++) {
            graph.output(gradientName(changed.get(i)), step.gradients().get(i));
            graph.output(beforeName(changed.get(i)), graph.variable(changed.get(i)));
          }
        }
      }
    }

    @Override
    public void close() {
      engine.close();
    }
  }

  /// A program that can be filled, but not run.
  private record Held(Program program) implements Program {
    @Override
    public MemorySegment input(String name) {
      return program.input(name);
    }

    @Override
    public MemorySegment output(String name) {
      return program.output(name);
    }

    @Override
    public void run() {}

    @Override
    public int rounds() {
      return 0;
    }

    @Override
    public String describe() {
      return program.describe();
    }

    @Override
    public void close() {
      program.close();
    }
  }

  /// Ends after the first rollout.
  private record OneRollout(VectorEnvironment environment) implements Run {
    @Override
    public boolean proceed() {
      return false;
    }

    @Override
    public void metric(String name, double value) {}

    @Override
    public boolean wantsMetrics() {
      return false;
    }
  }

  private static String gradientName(Parameter parameter) {
    return "gradient/" + parameter.name();
  }

  private static String beforeName(Parameter parameter) {
    return "before/" + parameter.name();
  }

  PpoTask task() {
    return task;
  }

  /// Of the environment.
  EnvironmentSpec spec() {
    return spec;
  }

  /// What the agent learns with.
  Program program() {
    return program;
  }

  /// What it learns.
  List<Parameter> parameters() {
    return parameters.parameters();
  }

  /// The present value of a parameter.
  float[] value(Parameter parameter) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(parameters.bytes(), 64);
      parameters.read(host);
      return numbers(host, parameter.offset(), parameter.shape().elements());
    }
  }

  /// The gradient of the whole loss in a round of the last run, before it was clipped.
  float[] gradient(Parameter parameter, int round) {
    return ofRound(gradientName(parameter), parameter, round);
  }

  /// A parameter at the beginning of a round of the last run.
  float[] before(Parameter parameter, int round) {
    return ofRound(beforeName(parameter), parameter, round);
  }

  private float[] ofRound(String output, Parameter parameter, int round) {
    int size = parameter.shape().elements();
    return numbers(program.output(output), (long) round * size, size);
  }

  private static float[] numbers(MemorySegment from, long first, int count) {
    return from.asSlice(4 * first, 4L * count).toArray(ValueLayout.JAVA_FLOAT);
  }

  /// Learns from the whole rollout.
  ///
  /// @param losses `[rounds]`, receives them
  @Override
  public void run(float[] losses) {
    program.run();
    MemorySegment.copy(program.output("loss"), ValueLayout.JAVA_FLOAT, 0, losses, 0, losses.length);
  }

  @Override
  public void close() {
    agent.close();
    engine.close();
  }
}
