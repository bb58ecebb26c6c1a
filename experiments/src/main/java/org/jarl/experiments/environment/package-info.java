/// Environments by id, with the options and wrappers that an experiment names. Uses `config` and
/// what is below it. Start at [EnvironmentFactory]. Environments themselves come through
/// `ServiceLoader`; no class of theirs is named here.
@NullMarked
package org.jarl.experiments.environment;

import org.jspecify.annotations.NullMarked;
