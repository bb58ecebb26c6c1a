import org.jarl.experiments.run.*;

void main(String[] args) {
  TrainingListener listener =
      TrainingListener.ofMetrics(
          (agentSteps, name, value) -> {
            if (name.equals("returnMean100")) {
              IO.println("agent step " + agentSteps + ": mean return " + value);
            }
          });
  TrainedRun run =
      Trainer.ofFile(Path.of(args[0])).folder(Path.of(args[1])).listener(listener).train();
  IO.println(run.summary().stateHash());
}
