/// Learning algorithms: one file each, in the order of its paper.
///
///     Run (environment, metrics, the word to go on)
///      |
///      v                observations                    batch
///     Agent.train: act ------------> environment.step --------> ReplayBuffer --> Program.run --> Variables
///      ^                                                                                          |
///      +------------------------------------ Policy <---------------------------------------------+
///
/// Start reading at [org.jarl.agents.Dqn]. What several algorithms share is maths with tests of its
/// own ([org.jarl.agents.Targets], [org.jarl.agents.Schedule]); a loop may look like its neighbour, a
/// formula may not exist twice. Everything around an algorithm arrives through [org.jarl.agents.Run].
@NullMarked
package org.jarl.agents;

import org.jspecify.annotations.NullMarked;
