/// Replay memory: what the simulators saw, in the form the learners want it.
///
///     environments --StepBatch--> ReplayBuffer --ReplayBatch--> input buffers of an update
///                                  |        |
///                    NStepAccumulator      TransitionRows, or FrameStore for stacked observations
///                    sums of rewards       the ring of transitions, off-heap
///
/// Of stacked observations an update is given the indices of frames and reads them itself, from the
/// buffer's memory or from a device's copy of it, which a [FrameListener] keeps up to date.
///
/// Start reading at [ReplayBuffer]. What is stored ([TransitionStore]) and what is drawn (by a
/// [Sampler]) are apart, so that another store or another way to draw touches one of them. The
/// memory itself ([VersionedMemory]) knows what has changed since the last checkpoint. What people
/// play comes from files ([DemonstrationReader]).
@NullMarked
package org.jarl.replay;

import org.jspecify.annotations.NullMarked;
