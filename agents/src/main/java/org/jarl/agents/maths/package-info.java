/// Estimates from rewards and values, each with its equation and hand-worked tests: GAE and returns
/// ([org.jarl.agents.maths.Advantages]), V-trace ([org.jarl.agents.maths.VTrace]), both of a
/// [org.jarl.agents.maths.Rollout]. Uses `config` for its checks only. Nothing in here allocates,
/// knows an environment or learns.
@NullMarked
package org.jarl.agents.maths;

import org.jspecify.annotations.NullMarked;
