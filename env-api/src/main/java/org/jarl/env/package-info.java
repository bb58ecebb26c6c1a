/// Environments: what a simulator's author writes, and what a learner uses.
///
///     author's jar                                                      learner
///     EnvironmentProvider --create--> Environment x N --+
///            |                        Step, Observation |
///            |                                          v
///            |                             ThreadedVectorEnvironment --+
///            |                                                       +--> wrappers --StepBatch-->
///            +--createBatch--> a VectorEnvironment of its own -------+    <--ActionBatch--
///
/// An author implements [Environment], one simulator in about 40 lines, and lists it in an
/// [EnvironmentProvider], which [Environments] finds on the class path or in a plug-in jar. A
/// learner sees `N` copies as one [VectorEnvironment]: struct of arrays, reused by every call, with
/// ended copies reset at once.
///
/// Three things hold everywhere. A step ends an episode in one of two ways, terminated or truncated,
/// and no flag means both. All chance comes from a [RandomStream] named by seed, purpose and index,
/// so nothing depends on threads or clocks. All that has state is [Checkpointable], bit for bit.
///
/// [Controls] say how people play an environment. Four packages stand on this one and not on each
/// other: `wrappers` change observations and rewards, `check` tells an author which rule is broken,
/// `show` carries what windows and recorders draw, `picture` draws shapes. This package uses none
/// of them, and no other module of the project.
///
/// Start reading at [Environment], then [VectorEnvironment] and [StepBatch].
@NullMarked
package org.jarl.env;

import org.jspecify.annotations.NullMarked;
