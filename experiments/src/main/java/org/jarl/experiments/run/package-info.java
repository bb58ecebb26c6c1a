/// One run: its folder, its loop around the agent, metrics, evaluation, the saved policy. Uses
/// `show` and what is below it. Start at [Training]. The order of what is saved, the names of
/// random streams and the keys of `metrics.jsonl` and `summary.json` are data: they stay.
@NullMarked
package org.jarl.experiments.run;

import org.jspecify.annotations.NullMarked;
