package org.jarl.viewer;

import java.util.Locale;
import org.jarl.env.show.Command;
import org.jarl.env.show.Scene;
import org.jarl.env.show.Show;
import org.jarl.env.show.Stage;

/// A program of its own that shows a made-up session in a window and prints what it is told.
/// Arguments: the platform; `still` scenes or `fast` ones; for the latter, how many seconds.
final class WindowProgram {
  static final String TITLE = "jarl window test";

  private static final int STEP_MILLIS = 15;
  private static final int SCENES_AFTER_THE_END = 10;

  private final Stage stage = new Stage(Stage.Handover.LATEST);
  private Scene.Player player = Scene.Player.AGENT;
  private boolean paused;
  private boolean saliency;
  private double speed = 1;
  private long step;
  private volatile boolean over;

  private WindowProgram() {}

  public static void main(String[] args) throws InterruptedException {
    var program = new WindowProgram();
    long seconds = args[1].equals("fast") ? Long.parseLong(args[2]) : 0;
    Thread session = new Thread(() -> program.run(seconds), "session");
    session.start();
    try {
      var platform = Show.Platform.valueOf(args[0].toUpperCase(Locale.ROOT));
      new Window().attend(program.stage, new Show(TITLE, platform, null));
      System.out.println("attended");
    } catch (IllegalStateException e) {
      System.out.println("failed: " + e.getMessage());
    }
    program.over = true;
    session.join();
  }

  private void run(long seconds) {
    long end = System.nanoTime() + seconds * 1_000_000_000L;
    while (!over && (seconds == 0 || System.nanoTime() - end < 0)) {
      step++;
      publish();
      for (Command command = stage.poll(); command != null; command = stage.poll()) {
        System.out.println(command);
        obey(command);
      }
      if (seconds == 0) {
        stage.await(STEP_MILLIS * 1_000_000L);
      }
    }
    stage.end();
    for (int i = 0; i < SCENES_AFTER_THE_END; i++) {
      publish();
    }
    System.out.println("session ended, left: " + stage.left());
  }

  private void obey(Command command) {
    switch (command) {
      case Command.Speed(double factor) -> speed = factor;
      case Command.Hold _ -> {}
      case Command.Plain plain -> {
        switch (plain) {
          case PAUSE -> paused = !paused;
          case SALIENCY -> saliency = !saliency;
          case TAKE_OVER ->
              player = player == Scene.Player.AGENT ? Scene.Player.HUMAN : Scene.Player.AGENT;
          case STEP, RESTART, NEXT_SEED, REWIND, QUIT -> {}
        }
      }
    }
  }

  private void publish() {
    Scene scene = stage.draft();
    Scenes.game(scene, 6);
    scene.player = player;
    scene.paused = paused;
    scene.speed = speed;
    scene.step = step;
    scene.resizeSaliency(0, 0);
    if (saliency) {
      Scenes.saliency(scene, 0.5, 0.6);
    }
    stage.publish();
  }
}
