package org.jarl.experiments.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jarl.env.EnvironmentProvider;
import org.jarl.env.Environments;
import org.jarl.env.Nearest;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.config.EnvironmentConfig;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `jarl play`: lets the user play an environment.
@Command(
    name = "play",
    description = "Play an environment yourself, or check what somebody played.",
    mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills the fields
final class PlayCommand implements Callable<Integer> {
  @ParentCommand private Jarl jarl;
  @Mixin private ShowOptions show;

  @Parameters(
      paramLabel = "ENV",
      arity = "0..1",
      description = "Environment id, as listed by: jarl envs.")
  private @Nullable String id;

  @Option(
      names = "--option",
      paramLabel = "NAME=VALUE",
      description = "Set an option of the environment; may be repeated.")
  private @Nullable List<String> given;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Seed of the first episode; each that follows has the next (default: 1).")
  private long seed;

  @Option(
      names = "--episodes",
      paramLabel = "N",
      description = "Episodes to play (default: no end).")
  private @Nullable Integer episodes;

  @Option(
      names = "--speed",
      paramLabel = "X",
      defaultValue = "1",
      description = "Multiple of the environment's pace, 0.0625 to 64 (default: 1).")
  private double speed;

  @Option(
      names = "--demonstrations",
      paramLabel = "FILE",
      description = "Write what is played, to learn from or to replay; the file must be new.")
  private @Nullable Path demonstrations;

  @Option(
      names = "--replay",
      paramLabel = "FILE",
      description = "Play demonstrations again and compare every observation and reward.")
  private @Nullable Path replay;

  @Override
  public Integer call() {
    if (replay != null) {
      if (id != null || given != null || demonstrations != null || show.records()) {
        throw new UserErrorException(
            "--replay goes alone: the file says what was played, and nothing is shown");
      }
      return new DemonstrationCheck(jarl.tools(1)).check(replay);
    }
    if (id == null) {
      throw new UserErrorException(
          "jarl play needs an environment, for example: jarl play gridworld/four-rooms-v0; see:"
              + " jarl envs");
    }
    ShowCommands.requireSpeed(speed);
    int count = ShowCommands.episodes(episodes, false);
    EnvironmentConfig environment = new EnvironmentConfig(id, 1, values(id), List.of());
    return new ShowCommands(jarl.tools(1), jarl.spectators(), show)
        .play(environment, seed, count, speed, demonstrations);
  }

  /// A value for every option.
  private Map<String, Object> values(String of) {
    Map<String, Object> defaults = new LinkedHashMap<>();
    for (EnvironmentProvider.Option option : jarl.environments().options(of)) {
      defaults.put(option.name(), option.defaultValue());
    }
    defaults.putIfAbsent(Environments.TIME_LIMIT, 0);
    Map<String, Object> values = new LinkedHashMap<>();
    for (String assignment : given == null ? List.<String>of() : given) {
      int equals = assignment.indexOf('=');
      if (equals < 1) {
        throw new UserErrorException("--option must be NAME=VALUE, got " + assignment);
      }
      String name = assignment.substring(0, equals);
      if (!defaults.containsKey(name)) {
        throw unknown(of, name, defaults);
      }
      values.put(name, value(name, assignment.substring(equals + 1), defaults.get(name)));
    }
    Object limit = values.remove(Environments.TIME_LIMIT);
    try {
      Map<String, Object> all = jarl.environments().resolve(of, values);
      if (limit == null) {
        return all;
      }
      Map<String, Object> limited = new LinkedHashMap<>(all);
      limited.put(Environments.TIME_LIMIT, limit);
      return limited;
    } catch (IllegalArgumentException e) {
      throw new UserErrorException(String.valueOf(e.getMessage()), e);
    }
  }

  private static UserErrorException unknown(String of, String name, Map<String, Object> known) {
    String meant = Nearest.to(name, known.keySet());
    return new UserErrorException(
        "%s has no option \"%s\"%s See: jarl envs describe %s"
            .formatted(of, name, meant == null ? "." : "; did you mean \"" + meant + "\"?", of));
  }

  /// A text in the class of the option's default.
  private static Object value(String name, String text, @Nullable Object like) {
    try {
      return switch (like) {
        case Boolean _ when text.equals("true") || text.equals("false") -> Boolean.valueOf(text);
        case Boolean _ ->
            throw new UserErrorException(
                "--option " + name + " must be true or false, got " + text);
        case Integer _ -> Integer.valueOf(text);
        case Double _ -> Double.valueOf(text);
        case null, default -> text;
      };
    } catch (NumberFormatException e) {
      throw new UserErrorException("--option " + name + " must be a number, got " + text, e);
    }
  }
}
