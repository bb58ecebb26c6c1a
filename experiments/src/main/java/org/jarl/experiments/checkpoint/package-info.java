/// The whole state of a run on the disk: writing, verifying and reading it, large memories in
/// shared blocks. Uses `base`. Start at [Checkpoints]. The byte layout in `CheckpointFile` is data
/// that older runs hold: a change of it needs a new version number there.
@NullMarked
package org.jarl.experiments.checkpoint;

import org.jspecify.annotations.NullMarked;
