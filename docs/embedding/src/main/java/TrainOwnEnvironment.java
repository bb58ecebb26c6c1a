import org.jarl.experiments.run.*;

void main(String[] args) {
  TrainedRun run =
      Trainer.of("own/corridor-v0", Corridor::new)
          .set("agent.type", "dqn")
          .set("agent.learningStarts", 1_000)
          .set("agent.epsilon", "{type: linear, from: 1.0, to: 0.05, overAgentSteps: 10_000}")
          .set("training.agentSteps", 20_000)
          .folder(Path.of(args[0]))
          .train();
  IO.println("mean return " + run.summary().evaluation().mean());
  try (TrainedPolicy policy = run.policy()) {
    for (int cell = 0; cell < Corridor.CELLS - 1; cell++) {
      IO.println("cell " + cell + ": " + (policy.act(cell) == 1 ? "right" : "left"));
    }
  }
}
