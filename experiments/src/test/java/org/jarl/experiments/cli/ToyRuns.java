package org.jarl.experiments.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jarl.env.ActionBatch;
import org.jarl.env.Controls;
import org.jarl.env.EnvironmentProvider.Option;
import org.jarl.env.Frame;
import org.jarl.env.Space;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.StepBatch;
import org.jarl.env.ThreadedVectorEnvironment;
import org.jarl.env.VectorEnvironment;
import org.jarl.env.wrappers.VectorWrapper;
import org.jarl.experiments.base.Disk;
import org.jarl.experiments.base.Json;
import org.jarl.experiments.config.EnvironmentCatalog;
import org.jarl.experiments.config.EnvironmentConfig;
import org.jarl.experiments.config.Experiment;
import org.jarl.experiments.config.ExperimentFile;
import org.jarl.experiments.environment.EnvironmentFactory;
import org.jarl.experiments.run.RunFolder;
import org.jarl.experiments.run.RunTools;
import org.jarl.experiments.run.TrainingListener;

/// Runs of a [TabularAgent] in a [ToyCorridor], with everything around them real.
public final class ToyRuns {
  static final String ID = "toy/corridor-v0";

  static final ExperimentFile FILES =
      new ExperimentFile(
          Map.of("tabular", TabularConfig.class),
          new EnvironmentCatalog() {
            @Override
            public List<String> ids() {
              return List.of(ID);
            }

            @Override
            public List<Option> options(String id) {
              return List.of(
                  new Option("length", 6, "cells"),
                  new Option("failAt", 0, "step to break at"),
                  new Option("dark", false, "whether it draws nothing"));
            }
          });

  private final ByteArrayOutputStream said = new ByteArrayOutputStream();
  public final RunTools tools;

  public ToyRuns() {
    this(Disk.REAL);
  }

  ToyRuns(Disk disk) {
    tools = tools(new PrintStream(said, true, StandardCharsets.UTF_8), disk);
  }

  static RunTools tools(PrintStream out, Disk disk) {
    return new RunTools(
        FILES, new Corridors(), FakeEngine::open, out, false, disk, TrainingListener.NOBODY);
  }

  /// Everything said so far.
  String said() {
    return said.toString(StandardCharsets.UTF_8);
  }

  /// An experiment of 2000 steps, with keys set over it.
  public static Experiment experiment(String... overrides) {
    try {
      Path file = Files.createTempFile("toy", ".yaml");
      try {
        Files.writeString(
            file,
            """
            environment: {id: toy/corridor-v0, count: 2}
            agent: {type: tabular}
            training: {agentSteps: 2000, checkpointPeriod: 500, metricsPeriod: 100}
            evaluation: {episodes: 7, period: 600, count: 3}
            device: cpu
            """);
        return FILES.read(file, List.of(overrides)).experiment();
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Trains in a new folder until the end or a failure.
  public int train(Experiment experiment, Path folder) {
    try (RunFolder taken = RunFolder.create(folder)) {
      return new RunCommands(tools).train(experiment, taken, 1);
    }
  }

  int resume(Path folder) {
    return new RunCommands(tools).resume(folder, null);
  }

  /// A `policy.json` as one writes it who has changed it on purpose.
  public static String withoutHash(Path json) throws IOException {
    return Files.readString(json).replaceFirst(",\\s*\"hash\" : \"[^\"]*\"", "");
  }

  /// The hash in a finished run's summary.
  static String stateHash(Path folder) {
    return Json.text(Json.read(folder.resolve("summary.json")), folder, "stateHash");
  }

  private static final class Corridors implements EnvironmentFactory {
    @Override
    public TrainingEnvironment training(EnvironmentConfig config) {
      Counted counted = new Counted(vector(config, config.count()));
      return new TrainingEnvironment(counted, counted, () -> List.of(new double[] {0.5, 2}));
    }

    @Override
    public EvaluationEnvironment evaluation(EnvironmentConfig config, int count) {
      return new EvaluationEnvironment(vector(config, count), statistics -> {});
    }

    @Override
    public ShownEnvironment shown(EnvironmentConfig config) {
      return new ShownEnvironment(evaluation(config, 1), new Frame());
    }

    @Override
    public Controls controls(EnvironmentConfig config, Space actions) {
      return Controls.unknown(actions);
    }

    private static VectorEnvironment vector(EnvironmentConfig config, int count) {
      return new ThreadedVectorEnvironment(
          config.id(), () -> new ToyCorridor(config.options()), count, 1);
    }
  }

  /// Counts episodes; its means are those of all episodes.
  private static final class Counted extends VectorWrapper implements EnvironmentFactory.Episodes {
    private final double[] totals = new double[3];
    private final double[] running;

    Counted(VectorEnvironment inner) {
      super(inner);
      running = new double[inner.count()];
    }

    @Override
    public StepBatch step(ActionBatch actions) {
      StepBatch batch = inner().step(actions);
      for (int i = 0; i < running.length; i++) {
        running[i] += batch.rewards()[i];
        totals[2]++;
        if (batch.ended(i)) {
          totals[0]++;
          totals[1] += running[i];
          running[i] = 0;
        }
      }
      return batch;
    }

    @Override
    public long episodes() {
      return (long) totals[0];
    }

    @Override
    public double meanReturn() {
      return totals[0] == 0 ? Double.NaN : totals[1] / totals[0];
    }

    @Override
    public double meanLength() {
      return totals[0] == 0 ? Double.NaN : totals[2] / totals[0];
    }

    @Override
    public StepBatch reset(long seed) {
      Arrays.fill(totals, 0);
      Arrays.fill(running, 0);
      return inner().reset(seed);
    }

    @Override
    public void save(StateWriter to) {
      to.putDoubles(totals);
      to.putDoubles(running);
      inner().save(to);
    }

    @Override
    public void load(StateReader from) {
      from.getDoubles(totals);
      from.getDoubles(running);
      inner().load(from);
    }
  }
}
