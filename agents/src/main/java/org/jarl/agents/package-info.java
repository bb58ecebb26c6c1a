/// Learning algorithms: one file each, in the order of its paper.
///
///     Run (environment, metrics, the word to go on)
///      |
///      v                observations                  replay or rollout
///     Agent.train: act ------------> environment.step ----------------> Program.run --> Variables
///      ^                                                                                 |
///      +------------------------------------ Policy <-----------------------------------+
///
/// Start reading at [org.jarl.agents.Dqn], which learns values from a replay, or at
/// [org.jarl.agents.A2c], the shortest that learns a policy from its own rollouts; then
/// [org.jarl.agents.Ppo]. An algorithm is its settings, its loop and its formulas; the rest is shared:
/// saving, counting and checking ([org.jarl.agents.AgentState]), transitions on their way from the
/// environment to a program (`Transitions`, `RolloutBuffer`), networks ([org.jarl.agents.config.NetworkConfig],
/// [org.jarl.agents.ValueHead]), and maths with tests of its own ([org.jarl.agents.maths.Advantages] and
/// [org.jarl.agents.maths.VTrace], both of a [org.jarl.agents.maths.Rollout]; [org.jarl.agents.config.Schedule];
/// `ActionDistribution`). A loop may look like its neighbour, a formula may not exist twice.
/// Everything around an algorithm arrives through [org.jarl.agents.Run].
@NullMarked
package org.jarl.agents;

import org.jspecify.annotations.NullMarked;
