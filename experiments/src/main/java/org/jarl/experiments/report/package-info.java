/// Pages and pictures of runs: the live page, the report, learning curves. Uses `run` and what is
/// below it, and reads run folders as any other program could. Start at [PageServer] and [Report].
/// Nothing below may know that it is looked at: a page can change without a run changing.
@NullMarked
package org.jarl.experiments.report;

import org.jspecify.annotations.NullMarked;
