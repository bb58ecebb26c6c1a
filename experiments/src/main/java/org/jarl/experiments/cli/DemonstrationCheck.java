package org.jarl.experiments.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.config.EnvironmentConfig;
import org.jarl.experiments.environment.EnvironmentFactory.EvaluationEnvironment;
import org.jarl.experiments.run.Policies;
import org.jarl.experiments.run.RunTools;
import org.jarl.experiments.show.Demonstrations;
import org.jarl.replay.DemonstrationReader;

/// Plays demonstrations again.
final class DemonstrationCheck {
  private static final int DIFFERENT = 1;

  private final RunTools tools;

  DemonstrationCheck(RunTools tools) {
    this.tools = tools;
  }

  /// Takes every recorded action and compares what follows with what followed then.
  ///
  /// @return 0 when all is equal, 1 when not
  /// @throws UserErrorException if the file is none, or its environment looks different now
  int check(Path file) {
    try (var reader = new DemonstrationReader(file)) {
      Demonstrations.Header header = Demonstrations.Header.of(reader, file);
      var config = new EnvironmentConfig(header.environment(), 1, header.options(), List.of());
      try (EvaluationEnvironment place = tools.environments().evaluation(config, 1)) {
        return compare(file, header, reader, place.vector());
      }
    } catch (IOException e) {
      throw Demonstrations.unreadable(file, e);
    }
  }

  private int compare(
      Path file,
      Demonstrations.Header header,
      DemonstrationReader reader,
      VectorEnvironment environment)
      throws IOException {
    EnvironmentSpec spec = environment.spec();
    String present = Policies.specJson(spec).toString();
    if (!present.equals(header.spec().toString())) {
      throw new UserErrorException(
          header.environment()
              + " is not what was played in "
              + file
              + ": it was "
              + header.spec()
              + ", it is "
              + present);
    }
    reader.expect(spec);
    ActionBatch actions = new ActionBatch(spec.actionSpace(), 1);
    long episodes = 0;
    long steps = 0;
    while (reader.next()) {
      StepBatch now;
      if (reader.beginsEpisode()) {
        now = environment.reset(reader.seed());
        episodes++;
      } else {
        reader.action(actions);
        now = environment.step(actions);
        steps++;
      }
      String difference = reader.difference(now);
      if (difference != null) {
        tools
            .out()
            .printf(
                Locale.ROOT,
                "different in episode %,d after %,d steps in all: %s%n",
                episodes,
                steps,
                difference);
        return DIFFERENT;
      }
    }
    tools
        .out()
        .printf(
            Locale.ROOT,
            "replayed %,d episodes, %,d steps: every observation and reward is equal%n",
            episodes,
            steps);
    return Jarl.OK;
  }
}
