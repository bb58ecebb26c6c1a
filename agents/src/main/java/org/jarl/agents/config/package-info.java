/// Settings of agents: networks, policies, optimizers, schedules, losses, and the annotations and
/// checks of their records. Uses the engine only. A new setting is a record component with a
/// [org.jarl.agents.config.Setting]; its rule stands in the record's constructor
/// ([org.jarl.agents.config.Require]), and its name without the path of the file that gives it.
@NullMarked
package org.jarl.agents.config;

import org.jspecify.annotations.NullMarked;
