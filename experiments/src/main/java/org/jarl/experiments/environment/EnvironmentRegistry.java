package org.jarl.experiments.environment;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jarl.env.EnvironmentProvider.Description;
import org.jarl.env.EnvironmentProvider.Option;
import org.jarl.env.EnvironmentUnavailableException;
import org.jarl.env.Environments;
import org.jarl.env.check.EnvironmentChecker;
import org.jarl.env.check.EnvironmentChecker.Finding;
import org.jarl.experiments.base.UnavailableException;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.config.EnvironmentCatalog;
import org.jspecify.annotations.Nullable;

/// The environments that a command can name, with every refusal as the user's error.
public final class EnvironmentRegistry implements EnvironmentCatalog {
  /// Looked through when no other folder is named, if it is there.
  private static final Path DEFAULT_FOLDER = Path.of("plugins");

  private final Environments environments;

  private EnvironmentRegistry(Environments environments) {
    this.environments = environments;
  }

  /// Looks through the class path and a folder of plug-in jars.
  ///
  /// @param plugins null for the default folder, which may be missing
  /// @throws UserErrorException if the named folder is not there
  public static EnvironmentRegistry discover(@Nullable Path plugins) {
    if (plugins != null && !Files.isDirectory(plugins)) {
      throw new UserErrorException("--plugins must name a folder, got " + plugins);
    }
    Path folder = plugins == null ? DEFAULT_FOLDER : plugins;
    List<Path> folders = Files.isDirectory(folder) ? List.of(folder) : List.of();
    return new EnvironmentRegistry(Environments.discover(folders));
  }

  /// The environments that a program has found itself.
  public static EnvironmentRegistry of(Environments environments) {
    return new EnvironmentRegistry(environments);
  }

  /// What creates the environments.
  public Environments environments() {
    return environments;
  }

  @Override
  public List<String> ids() {
    return environments.ids();
  }

  @Override
  public List<Option> options(String id) {
    return describe(id).options();
  }

  @Override
  public Map<String, Object> resolve(String id, Map<String, Object> given) {
    try {
      return environments.resolve(id, given);
    } catch (IllegalStateException e) {
      throw new UserErrorException(String.valueOf(e.getMessage()), e);
    }
  }

  /// What an environment is.
  ///
  /// @throws UserErrorException if there is none of this id, naming the nearest
  public Description describe(String id) {
    return refusing(() -> environments.describe(id));
  }

  /// What the checker finds, hints that are no errors too.
  ///
  /// @throws UserErrorException if there is no environment of this id, naming the nearest
  /// @throws UnavailableException if something is missing here that the user must bring
  public List<Finding> check(String id) {
    requirePresent(id);
    return refusing(() -> EnvironmentChecker.check(environments, id));
  }

  /// What the user must bring before an environment can be created; null when nothing is missing.
  ///
  /// @throws UserErrorException if there is none of this id, or its provider fails
  public @Nullable String missing(String id) {
    return refusing(() -> environments.missing(id));
  }

  /// Refuses an environment that cannot be created here yet.
  ///
  /// @throws UnavailableException saying what the user must bring
  /// @throws UserErrorException if there is none of this id, or its provider fails
  public void requirePresent(String id) {
    String missing = missing(id);
    if (missing != null) {
      throw new UnavailableException(missing);
    }
  }

  /// A call of an environment's provider, whose every refusal is the user's to fix.
  static <T extends @Nullable Object> T refusing(Supplier<T> call) {
    try {
      return call.get();
    } catch (EnvironmentUnavailableException e) {
      throw new UnavailableException(String.valueOf(e.getMessage()), e);
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new UserErrorException(String.valueOf(e.getMessage()), e);
    }
  }

  /// Plug-ins that could not be used, each with its reason.
  public List<String> problems() {
    return environments.problems().stream().map(Environments.Problem::toString).toList();
  }
}
