import org.jarl.experiments.run.TrainedPolicy;

void main(String[] args) {
  try (TrainedPolicy policy = TrainedPolicy.load(Path.of(args[0]))) {
    int action = policy.act(0.0f, 0.0f, 0.1f, 0.5f); // position, velocity, angle, its velocity
    IO.println(action == 1 ? "push right" : "push left");
  }
}
