/// How fast the parts are, beside other engines: one command, one table.
///
///     scripts/bench --> a process per engine, in turn --> equal numbers? --> medians --> ratios
///                       (ours, libtorch, ND4J)
///                   --> JMH: environment steps, replay
///                   --> Atari: environments beside the bare emulator
///                   --> whole runs of the launcher: agent steps per second
///
/// Sees every module, and no module sees it.
@NullMarked
package org.jarl.benchmarks;

import org.jspecify.annotations.NullMarked;
