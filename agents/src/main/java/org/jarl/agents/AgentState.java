package org.jarl.agents;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.Consumer;
import org.jarl.env.Checkpointable;
import org.jarl.env.RandomStream;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.nn.Graph;
import org.jarl.nn.Optimizer;
import org.jarl.nn.Program;
import org.jarl.nn.Variables;
import org.jspecify.annotations.Nullable;

/// What an agent saves, counts, checks, reports and frees: registered once, where it is made.
///
/// The saved state is the two counters, then every registered part in the order of registration.
/// Programs and parts are closed in the opposite order. An instance never calls the algorithm: the
/// loop stays where its paper is.
///
/// An update is one [#update], or one [#startUpdate] where the algorithm goes on while the device
/// works. Its loss must be finite; of a started one that is checked before the next update, and
/// before anything is saved or reported.
///
/// One thread at a time uses it.
public final class AgentState implements Checkpointable, AutoCloseable {
  private final String name;
  private final Task task;
  private final List<Checkpointable> parts = new ArrayList<>();
  private final List<AutoCloseable> resources = new ArrayList<>();
  private final IdentityHashMap<Program, MemorySegment> counters = new IdentityHashMap<>();
  private @Nullable Variables weights;
  private Consumer<Path> weightsWriter = _ -> {};
  private long offHeapBytes;
  private long agentSteps;
  private long updates;

  /// The last update, while its losses have not been checked.
  private @Nullable Program unchecked;

  /// The state of a new agent.
  ///
  /// @param name of the algorithm: of its random streams, programs, metrics and messages
  public AgentState(String name, Task task) {
    this.name = name;
    this.task = task;
  }

  /// Name of the algorithm.
  public String name() {
    return name;
  }

  /// A random stream of the agent's seed, saved with it.
  ///
  /// @param purpose unique within the agent
  public RandomStream stream(String purpose) {
    return keep(initialStream(purpose));
  }

  /// A random stream of the agent's seed that only its construction draws from, so that it is not
  /// saved.
  ///
  /// @param purpose unique within the agent
  public RandomStream initialStream(String purpose) {
    return task.stream(name + "/" + purpose);
  }

  /// Saves a part with the agent, and closes it with the agent where it can be closed.
  public <T extends Checkpointable> T keep(T part) {
    parts.add(part);
    if (part instanceof AutoCloseable resource) {
      resources.add(resource);
    }
    return part;
  }

  /// Saves variables with the agent.
  public Variables keep(Variables variables) {
    parts.add(new SavedVariables(variables));
    offHeapBytes += variables.bytes();
    return variables;
  }

  /// Saves the state of an optimizer with the agent.
  public Optimizer keep(Optimizer optimizer) {
    optimizer.state().forEach(this::keep);
    return optimizer;
  }

  /// Saves variables with the agent that are also what its policy acts with: they must be finite
  /// whenever they are saved, and [#saveWeights] writes them.
  public Variables keepWeights(Variables variables) {
    weights = variables;
    weightsWriter = file -> SavedVariables.writeFile(file, variables);
    return keep(variables);
  }

  /// Says how the weights of a policy without [Variables] are written to a file.
  public void keepWeights(Consumer<Path> writer) {
    weightsWriter = writer;
  }

  /// Closes something with the agent that has no state of its own to save.
  public <T extends AutoCloseable> T own(T resource) {
    resources.add(resource);
    return resource;
  }

  /// Counts memory outside the heap that is not in [Variables].
  public void countOffHeap(long bytes) {
    offHeapBytes += bytes;
  }

  /// Compiles a program that is closed with the agent.
  ///
  /// @param purpose part of error messages
  Program compile(String purpose, Consumer<Graph> trace) {
    return compile(purpose, 1, trace);
  }

  /// Compiles a program of several rounds; see [org.jarl.nn.Engine#compile(String, int, Consumer)].
  Program compile(String purpose, int rounds, Consumer<Graph> trace) {
    boolean[] draws = new boolean[1];
    Program program =
        task.engine()
            .compile(
                name + "." + purpose,
                rounds,
                graph -> {
                  trace.accept(graph);
                  draws[0] = graph.usesCounter();
                });
    if (draws[0]) {
      counters.put(program, program.input(Graph.COUNTER));
    }
    return own(program);
  }

  /// Random numbers of an update follow from the count of updates before it.
  private void fillCounter(Program program) {
    MemorySegment counter = counters.get(program);
    if (counter != null) {
      counter.set(ValueLayout.JAVA_LONG, 0, updates);
    }
  }

  /// Agent steps taken so far, all copies added up.
  public long agentSteps() {
    return agentSteps;
  }

  /// Multiples of a period of agent steps that lie after `before`, up to now.
  long multiples(int period, long before) {
    return agentSteps / period - before / period;
  }

  /// Optimizer steps taken so far.
  public long updates() {
    return updates;
  }

  /// Counts agent steps.
  public void stepped(long steps) {
    agentSteps += steps;
  }

  /// Counts optimizer steps that no [Program] took.
  public void updated(long steps) {
    updates += steps;
  }

  /// Runs a program whose output `loss` is the loss of an optimizer step in each of its rounds, and
  /// waits for it.
  ///
  /// @throws DivergedException if a loss is not finite
  void update(Program program) {
    settle();
    fillCounter(program);
    program.run();
    updates += program.rounds();
    unchecked = program;
    settle();
  }

  /// Starts a program of one round whose output `loss` is the loss of an optimizer step, and does
  /// not wait for a device of its own.
  ///
  /// @param beside goes on at the same time; see [Program#runBeside]. Null for nothing
  /// @throws DivergedException if the loss of the update before was not finite
  void startUpdate(Program program, @Nullable Runnable beside) {
    settle();
    fillCounter(program);
    if (beside == null) {
      program.run();
    } else {
      program.runBeside(beside);
    }
    updates++;
    unchecked = program;
  }

  /// Waits for the last update.
  ///
  /// @throws DivergedException if a loss of it is not finite
  public void settle() {
    Program program = unchecked;
    if (program == null) {
      return;
    }
    unchecked = null;
    MemorySegment losses = program.output("loss");
    int rounds = program.rounds();
    for (int round = 0; round < rounds; round++) {
      float loss = losses.getAtIndex(ValueLayout.JAVA_FLOAT, round);
      if (!Float.isFinite(loss)) {
        throw DivergedException.ofLoss(name, updates - rounds + round + 1, loss, weights);
      }
    }
  }

  /// Records outputs of a program of updates, each as `name/output`, where the run wants metrics:
  /// the mean over the rounds of the last run.
  void report(Run run, Program program, List<String> outputs) {
    if (!run.wantsMetrics()) {
      return;
    }
    settle();
    int rounds = Math.max(1, program.rounds());
    for (String output : outputs) {
      MemorySegment values = program.output(output);
      double sum = 0;
      for (int round = 0; round < rounds; round++) {
        sum += values.getAtIndex(ValueLayout.JAVA_FLOAT, round);
      }
      report(run, output, sum / rounds);
    }
  }

  /// Records a number as `name/metric`, where the run wants metrics.
  void report(Run run, String metric, double value) {
    if (run.wantsMetrics()) {
      run.metric(name + "/" + metric, value);
    }
  }

  /// Writes the weights that [Agent#policy] acts with, as a safetensors file where they are
  /// [Variables].
  ///
  /// @throws DivergedException if the last loss is not finite
  public void saveWeights(Path file) {
    settle();
    weightsWriter.accept(file);
  }

  /// Bytes of memory outside the heap that the agent holds, about those of a checkpoint.
  public long offHeapBytes() {
    return offHeapBytes;
  }

  /// Writes counters and parts.
  ///
  /// @throws DivergedException if the last loss or a weight is not finite: an update may have
  ///   spoilt weights after its loss had been finite, and a checkpoint of them is worth nothing
  @Override
  public void save(StateWriter to) {
    settle();
    if (weights != null) {
      DivergedException.requireFinite(name, updates, weights);
    }
    to.section(name);
    to.putLong(agentSteps);
    to.putLong(updates);
    for (Checkpointable part : parts) {
      part.save(to);
    }
  }

  @Override
  public void load(StateReader from) {
    unchecked = null;
    from.section(name);
    agentSteps = from.getLong();
    updates = from.getLong();
    for (Checkpointable part : parts) {
      part.load(from);
    }
  }

  @Override
  public void close() {
    for (AutoCloseable resource : resources.reversed()) {
      try {
        resource.close();
      } catch (RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException(name + " could not close " + resource, e);
      }
    }
    resources.clear();
  }
}
