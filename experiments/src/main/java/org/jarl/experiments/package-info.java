/// Everything a run needs around an agent, in eight packages, each using only those below it:
///
///     cli           the commands of jarl
///     report        pages and pictures of runs
///     run           one run: folder, loop, metrics, evaluation
///     show          sessions that are watched or played
///     environment   environments with their options and wrappers
///     config        experiment files
///     checkpoint    the whole state on the disk
///     base          files, JSON, failures that end a command
///
///     experiment.yaml --ExperimentFile--> Experiment --Training--> RunFolder
///                        |  checked, every              |            config, receipt, metrics,
///                        |  problem located             |            checkpoints, policy, summary
///                        v                              v
///                    ConfigProblem          Agent.train(TrainingLoop): checkpoint, evaluate, report, stop
///
/// Start reading at [org.jarl.experiments.config.Experiment] for what a run is and at
/// [org.jarl.experiments.run.Training] for how it goes. Agents are known by name in
/// [org.jarl.experiments.config.AgentTypes] alone; environments, engines and the viewer are reached
/// through `ServiceLoader`.
@NullMarked
package org.jarl.experiments;

import org.jspecify.annotations.NullMarked;
