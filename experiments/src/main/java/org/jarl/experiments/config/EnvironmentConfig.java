package org.jarl.experiments.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jarl.agents.config.Require;
import org.jarl.agents.config.Setting;

/// The environment of an experiment: the `environment` block.
///
/// `options` holds a value for every option of a loaded environment, in the class of the option's
/// default (Boolean, Integer, Double or String). Wrappers are applied in order: the first is
/// nearest to the environment.
public record EnvironmentConfig(
    @Setting(meaning = "family/name-vN, as listed by: jarl envs") String id,
    @Setting(meaning = "copies stepped together; at least 1", defaultValue = "1") int count,
    @Setting(
            meaning = "the environment's own options, as listed by: jarl envs describe ID",
            defaultValue = "{}")
        Map<String, Object> options,
    @Setting(
            meaning = "changes to what is seen and rewarded, the innermost first",
            defaultValue = "[]")
        List<WrapperConfig> wrappers) {
  public EnvironmentConfig {
    Require.that(!id.isBlank(), "id", "an id such as classic/cartpole-v1", "\"\"");
    int most = EvaluationConfig.MOST_COPIES;
    Require.that(count >= 1 && count <= most, "count", "from 1 to " + most, count);
    options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
    wrappers = List.copyOf(wrappers);
  }
}
