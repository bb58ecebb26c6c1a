import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jarl.env.Action;
import org.jarl.env.ActionBatch;
import org.jarl.env.Environment;
import org.jarl.env.Environments;
import org.jarl.env.Frame;
import org.jarl.env.Observation;
import org.jarl.env.RandomStream;
import org.jarl.env.Space;
import org.jarl.env.Step;
import org.jarl.env.picture.Png;

/// Makes the documentation's page of environments, with a picture of each; `scripts/pictures` runs
/// it. The same code gives the same files.
final class EnvironmentPictures {
  private static final long SEED = 3;
  private static final int STEPS = 10;
  private static final int ATARI_STEPS = 120;
  private static final int COLUMNS = 3;
  private static final int SHOWN_WIDTH = 240;

  /// Games whose cartridges users bring themselves: not ours to print.
  private static final String IMPORTED = "atari/.*-v5";

  private EnvironmentPictures() {}

  /// Writes the page and the pictures.
  ///
  /// @param args the documentation's folder
  public static void main(String[] args) throws IOException {
    Path docs = Path.of(args[0]);
    Path images = Files.createDirectories(docs.resolve("images").resolve("environments"));
    Environments environments = Environments.discover(List.of());
    List<String> ids =
        environments.ids().stream()
            .filter(id -> !id.matches(IMPORTED) && environments.missing(id) == null)
            .toList();
    StringBuilder page = new StringBuilder();
    page.append("# Environments\n\n");
    page.append("All that come with Jarl, as a window shows them. `./jarl envs describe ID` tells");
    page.append(
        "\nmore, `./jarl play ID` lets you play. This page is made by `scripts/pictures`.\n");
    String family = "";
    int column = 0;
    for (String id : ids) {
      String newFamily = id.substring(0, id.indexOf('/'));
      if (!newFamily.equals(family)) {
        page.append(column > 0 ? "</tr></table>\n" : "");
        page.append("\n## ").append(newFamily).append("\n\n<table><tr>\n");
        family = newFamily;
        column = 0;
      } else if (column % COLUMNS == 0) {
        page.append("</tr><tr>\n");
      }
      column++;
      String file = id.replace('/', '-') + ".png";
      page.append("<td width=\"33%\"><img src=\"images/environments/").append(file);
      page.append("\" width=\"").append(SHOWN_WIDTH).append("\" alt=\"").append(id);
      page.append("\"><br><code>").append(id).append("</code><br>");
      page.append(environments.describe(id).summary()).append("</td>\n");
      Png.write(images.resolve(file), picture(environments.create(id, Map.of())));
      System.out.println(images.resolve(file) + " " + Files.size(images.resolve(file)));
    }
    page.append("</tr></table>\n");
    Files.writeString(docs.resolve("environments.md"), page);
  }

  /// The environment after some steps of chance, or as far as the first episode goes.
  private static Frame picture(Environment environment) {
    try (environment) {
      Space.Box space = environment.spec().observationSpace();
      byte[] bytes = new byte[Math.toIntExact(space.bytes())];
      Observation seen = new Observation(space, MemorySegment.ofArray(bytes));
      RandomStream random = RandomStream.of(SEED, "pictures");
      Frame frame = new Frame();
      environment.reset(random, seen);
      environment.render(frame);
      ActionBatch actions = new ActionBatch(environment.spec().actionSpace(), 1);
      Action action = new Action();
      action.bind(actions.indices(), actions.values(), 0);
      boolean[] legal = new boolean[actions.space() instanceof Space.Discrete(int n) ? n : 0];
      Step step = new Step(seen, random, legal);
      Arrays.fill(legal, true);
      environment.legalActions(legal);
      int steps = frame.width() == 160 ? ATARI_STEPS : STEPS;
      for (int i = 0; i < steps && !step.terminated() && !step.truncated(); i++) {
        environment.render(frame);
        choose(actions, legal, random);
        step.clear();
        environment.step(action, step);
      }
      return frame;
    }
  }

  private static void choose(ActionBatch actions, boolean[] legal, RandomStream random) {
    if (actions.space() instanceof Space.Discrete(int n)) {
      do {
        actions.indices()[0] = random.nextInt(n);
      } while (!legal[actions.indices()[0]]);
    } else {
      for (int i = 0; i < actions.values().length; i++) {
        actions.values()[i] = random.nextFloat(-1, 1);
      }
    }
  }
}
