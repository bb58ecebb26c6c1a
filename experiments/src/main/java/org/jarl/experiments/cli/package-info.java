/// The command line: one class for each command of [Jarl], its options, its exit codes and what it
/// prints. Uses all other rooms; none uses it. A new command is a class here and an entry in
/// [Jarl]; what it computes belongs into a room below.
@NullMarked
package org.jarl.experiments.cli;

import org.jspecify.annotations.NullMarked;
