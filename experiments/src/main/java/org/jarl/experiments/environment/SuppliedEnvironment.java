package org.jarl.experiments.environment;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jarl.env.Environment;
import org.jarl.env.EnvironmentProvider;

/// One environment that a program gives by a class of its own, without a jar of plug-ins.
///
/// @param id `family/name-vN`
/// @param factory makes one copy; called for each
public record SuppliedEnvironment(String id, Supplier<? extends Environment> factory)
    implements EnvironmentProvider {

  @Override
  public List<String> ids() {
    return List.of(id);
  }

  @Override
  public Description describe(String asked) {
    return new Description("an environment of the program that runs", "", List.of());
  }

  @Override
  public Environment create(String asked, Map<String, Object> options) {
    return factory.get();
  }
}
