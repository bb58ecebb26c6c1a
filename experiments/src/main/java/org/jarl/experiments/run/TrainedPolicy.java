package org.jarl.experiments.run;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Supplier;
import org.jarl.agents.Policy;
import org.jarl.env.ActionBatch;
import org.jarl.env.Environment;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Frame;
import org.jarl.env.Observation;
import org.jarl.env.RandomStream;
import org.jarl.env.Space;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.config.AgentTypes;
import org.jarl.experiments.config.Device;
import org.jarl.experiments.config.EnvironmentConfig;
import org.jarl.experiments.config.ExperimentFile;
import org.jarl.experiments.environment.EnvironmentFactory.EvaluationEnvironment;
import org.jarl.experiments.environment.EnvironmentRegistry;
import org.jarl.experiments.environment.SuppliedEnvironment;
import org.jarl.experiments.environment.WrappedEnvironments;
import org.jarl.nn.Engine;
import org.jspecify.annotations.Nullable;

/// A saved policy that acts in a Java program, for one copy of the environment.
///
/// It takes what the environment itself shows: the wrappers of the run (scales, normalization by
/// the statistics of training, stacks of frames) lie around it here. Actions are chosen as in the
/// run's evaluation, but for random ones. It computes on the processor with one thread. One thread
/// uses it.
public final class TrainedPolicy implements AutoCloseable {
  private final String id;
  private final Engine engine;
  private final Source source;
  private final EvaluationEnvironment wrapped;
  private final Policy policy;
  private final RandomStream random;
  private final ActionBatch actions;
  private final float[] clipped;
  private boolean beginning = true;

  private TrainedPolicy(
      Policies.Saved saved, Engine engine, Source source, EvaluationEnvironment wrapped) {
    this.id = saved.experiment().environment().id();
    this.engine = engine;
    this.source = source;
    this.wrapped = wrapped;
    this.policy = saved.load(wrapped, engine);
    this.random = RandomStream.of(saved.experiment().seed(), "trained policy");
    this.actions = new ActionBatch(source.spec().actionSpace(), 1);
    this.clipped = new float[actions.values().length];
  }

  /// Loads the `policy` folder of a run, wherever it lies now. Its environment must be one of the
  /// class path.
  ///
  /// @throws UserErrorException if a file is missing, of a newer version or not as a run writes it,
  ///   the environment is another one now, or the weights do not fit its network
  /// @throws org.jarl.experiments.base.UnavailableException if the JVM was started without a flag
  ///   that is needed, or something lacks that the environment needs
  public static TrainedPolicy load(Path folder) {
    return load(folder, (SuppliedEnvironment) null);
  }

  /// Loads the `policy` folder of a run in an environment of the program's own.
  ///
  /// @param factory makes the environment, which says what it shows and what can be done
  /// @throws UserErrorException as [#load(Path)] does
  /// @throws org.jarl.experiments.base.UnavailableException as [#load(Path)] does
  public static TrainedPolicy load(Path folder, Supplier<? extends Environment> factory) {
    return load(folder, new SuppliedEnvironment(Policies.environmentOf(folder), factory));
  }

  static TrainedPolicy load(Path folder, @Nullable SuppliedEnvironment supplied) {
    EnvironmentRegistry registry = Trainer.environments(supplied);
    String id = Policies.environmentOf(folder);
    if (!registry.ids().contains(id)) {
      throw new UserErrorException(
          folder
              + " was learned in "
              + id
              + ", which is not on the class path; add its jar, or give its class:"
              + " TrainedPolicy.load(folder, MyEnvironment::new)");
    }
    Policies.Saved saved = Policies.read(folder, new ExperimentFile(AgentTypes.all(), registry));
    EnvironmentConfig config = saved.experiment().environment();
    Device device =
        Device.choose("cpu", saved.experiment().precision(), saved.experiment().agent(), 1)
            .forPlaying();
    WrappedEnvironments environments = new WrappedEnvironments(registry.environments(), 1);
    Engine engine =
        EngineFactory.INSTALLED.open(device.name(), device.threads(), device.precision());
    try {
      Source source = new Source(environments.spec(config));
      try {
        return new TrainedPolicy(saved, engine, source, environments.around(source, config));
      } catch (RuntimeException e) {
        source.close();
        throw e;
      }
    } catch (RuntimeException e) {
      engine.close();
      throw e;
    }
  }

  /// What the environment shows and what can be done in it, before any wrapper: the shapes of
  /// [#act].
  public EnvironmentSpec spec() {
    return source.spec();
  }

  /// Says that the next observation is the first of an episode. A policy that was just loaded
  /// expects one.
  public void begin() {
    beginning = true;
  }

  /// Chooses an action where every one is legal.
  ///
  /// @param observation its numbers, row-major, as many as [#spec] says; bytes as 0 to 255
  /// @return the choice, `0 .. A-1`
  /// @throws IllegalArgumentException if there are more or fewer numbers
  /// @throws IllegalStateException if an action is not one choice
  public int act(float... observation) {
    boolean[] legal = source.batch.legalActions();
    Arrays.fill(legal, true);
    return choice(observation);
  }

  /// Chooses a legal action.
  ///
  /// @param observation its numbers, row-major, as many as [#spec] says; bytes as 0 to 255
  /// @param legal `[A]`, which actions may be taken
  /// @return the choice, `0 .. A-1`
  /// @throws IllegalArgumentException if there are more or fewer numbers or actions, or the
  ///   environment has no mask
  /// @throws IllegalStateException if an action is not one choice
  public int act(float[] observation, boolean[] legal) {
    boolean[] mask = source.batch.legalActions();
    if (mask.length == 0) {
      throw new IllegalArgumentException(
          id + " has no mask of legal actions: call act without one");
    }
    if (legal.length != mask.length) {
      throw new IllegalArgumentException(
          "legal must have an entry for each of the "
              + mask.length
              + " actions of "
              + id
              + ", got "
              + legal.length);
    }
    System.arraycopy(legal, 0, mask, 0, mask.length);
    return choice(observation);
  }

  /// Chooses an action of several choices.
  ///
  /// @param observation its numbers, row-major, as many as [#spec] says; bytes as 0 to 255
  /// @return `[D]`, valid until the next call
  /// @throws IllegalArgumentException if there are more or fewer numbers
  /// @throws IllegalStateException if an action consists of continuous numbers
  public int[] actChoices(float... observation) {
    if (spec().actionSpace() instanceof Space.Box) {
      throw wrongKind("actNumbers");
    }
    choose(observation);
    return actions.indices();
  }

  /// Chooses an action of continuous numbers.
  ///
  /// @param observation its numbers, row-major, as many as [#spec] says; bytes as 0 to 255
  /// @return `[D]`, within the bounds of the space; valid until the next call
  /// @throws IllegalArgumentException if there are more or fewer numbers
  /// @throws IllegalStateException if an action consists of choices
  public float[] actNumbers(float... observation) {
    if (!(spec().actionSpace() instanceof Space.Box)) {
      throw wrongKind(spec().actionSpace() instanceof Space.Discrete ? "act" : "actChoices");
    }
    choose(observation);
    actions.clipInto(clipped);
    return clipped;
  }

  private int choice(float[] observation) {
    if (!(spec().actionSpace() instanceof Space.Discrete)) {
      throw wrongKind(spec().actionSpace() instanceof Space.Box ? "actNumbers" : "actChoices");
    }
    choose(observation);
    return actions.indices()[0];
  }

  private IllegalStateException wrongKind(String method) {
    return new IllegalStateException(
        "an action of " + id + " is of " + spec().actionSpace() + "; call " + method);
  }

  private void choose(float[] numbers) {
    Observation out = source.observation;
    if (numbers.length != out.size()) {
      throw new IllegalArgumentException(
          "observation must have the numbers that "
              + id
              + " shows, "
              + out.size()
              + " of shape "
              + out.space().shape()
              + ", got "
              + numbers.length);
    }
    for (int i = 0; i < numbers.length; i++) {
      out.set(i, numbers[i]);
    }
    StepBatch seen;
    if (beginning) {
      policy.begin(0);
      seen = wrapped.vector().reset(0);
      beginning = false;
    } else {
      seen = wrapped.vector().step(actions);
    }
    policy.act(seen.observations(), seen.legalActions(), random, actions);
  }

  @Override
  public void close() {
    try (engine;
        wrapped) {
      policy.close();
    }
  }

  /// What the caller of [#act] shows, in the place of an environment.
  private static final class Source implements VectorEnvironment {
    private final EnvironmentSpec spec;
    private final Arena arena = Arena.ofShared();
    private final StepBatch batch;
    private final Observation observation;

    Source(EnvironmentSpec spec) {
      this.spec = spec;
      this.batch = StepBatch.allocate(spec, 1, arena);
      this.observation = new Observation(spec.observationSpace(), batch.observations());
    }

    @Override
    public EnvironmentSpec spec() {
      return spec;
    }

    @Override
    public int count() {
      return 1;
    }

    @Override
    public StepBatch reset(long seed) {
      return batch;
    }

    @Override
    public StepBatch step(ActionBatch taken) {
      return batch;
    }

    @Override
    public StepBatch current() {
      return batch;
    }

    @Override
    public boolean render(int copy, Frame frame) {
      return false;
    }

    @Override
    public void save(StateWriter to) {
      batch.save(to);
    }

    @Override
    public void load(StateReader from) {
      batch.load(from);
    }

    @Override
    public void close() {
      if (arena.scope().isAlive()) {
        arena.close();
      }
    }
  }
}
