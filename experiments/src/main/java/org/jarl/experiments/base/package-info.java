/// Ground that every room stands on: files that appear whole ([Disk]) or only grow
/// ([AppendedFile]), JSON as trees, the build's version, and the two failures that end a command
/// with a sentence. Uses nothing else of this module. A class belongs here only if rooms of
/// different subjects need it; nothing here knows runs, configs or checkpoints.
@NullMarked
package org.jarl.experiments.base;

import org.jspecify.annotations.NullMarked;
