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
/// [org.jarl.agents.A2c], the shortest that learns a policy from what it has just done; then
/// [org.jarl.agents.Ppo]. What several algorithms share is maths with tests of its own: what values
/// are moved towards ([org.jarl.agents.Targets]), how good actions turned out
/// ([org.jarl.agents.Advantages] and, where another policy has acted, [org.jarl.agents.VTrace], both
/// of [org.jarl.agents.Trajectories]), and [org.jarl.agents.Schedule]. Of the package alone are the
/// probabilities of actions (`ActionDistribution`). A loop may look like its neighbour, a formula may
/// not exist twice. Everything around an algorithm arrives through [org.jarl.agents.Run].
@NullMarked
package org.jarl.agents;

import org.jspecify.annotations.NullMarked;
