/// Everything a run needs around an agent: experiment files, run folders, checkpoints, metrics,
/// evaluation, and the command line.
///
///     experiment.yaml --ExperimentFile--> Experiment --Training--> RunFolder
///                        |  checked, every              |            config, receipt, metrics,
///                        |  problem located             |            checkpoints, policy, summary
///                        v                              v
///                    ConfigProblem          Agent.train(TrainingLoop): checkpoint, evaluate, report, stop
///
/// What a run leaves is shown by `PageServer` (a live page in the browser) and `Report` (a file to
/// keep); both read run folders as any other program could.
///
/// Start reading at [org.jarl.experiments.Experiment] for what a run is and at
/// [org.jarl.experiments.Training] for how it goes. Agents are known by name in `AgentTypes` alone;
/// environments, engines and the viewer are reached through `ServiceLoader`.
@NullMarked
package org.jarl.experiments;

import org.jspecify.annotations.NullMarked;
