package org.jarl.experiments;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.Source;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.Architectures;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// Which module may know which; the drawing is in the README's table of modules.
class ArchitectureTest {
  private static final String ENV = "org.jarl.env";
  private static final String ENV_ROOMS = "org.jarl.env.[wrappers|check|show|picture]..";
  private static final String WORLDS = "org.jarl.env.[classic|gridworld|atari]..";
  private static final String NN = "org.jarl.nn..";
  private static final String ND4J = "org.jarl.nn.nd4j..";
  private static final String REPLAY = "org.jarl.replay..";
  private static final String AGENTS = "org.jarl.agents..";
  private static final String VIEWER = "org.jarl.viewer..";
  private static final String EXPERIMENTS = "org.jarl.experiments..";

  private static final JavaClasses MAIN =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          // A packaged build has the tests of the engine in a jar of their own.
          .withImportOption(location -> !location.contains("-tests.jar"))
          .importPackages("org.jarl");

  @Test
  void everyModuleIsLookedAt() {
    List<String> unseen =
        SourceTree.modules().stream()
            .filter(module -> !module.endsWith("benchmarks"))
            .flatMap(
                module -> SourceTree.filesIn(module.resolve("src/main/java"), ".java").stream())
            .map(ArchitectureTest::className)
            .filter(name -> !name.endsWith("package-info") && !MAIN.contain(name))
            .toList();
    assertEquals(List.of(), unseen);
  }

  private static String className(Path source) {
    String path = source.toString().replace(source.getFileSystem().getSeparator(), ".");
    return path.substring(path.indexOf("org.jarl."), path.length() - ".java".length());
  }

  @Test
  void theEngineKnowsNothingOfReinforcementLearning() {
    refuse(
        NN,
        "the engine must stay usable and testable alone",
        ENV,
        ENV_ROOMS,
        WORLDS,
        REPLAY,
        AGENTS,
        EXPERIMENTS);
  }

  @Test
  void theEnvironmentApiDependsOnNothing() {
    for (String part : List.of(ENV, ENV_ROOMS)) {
      refuse(
          part,
          "an author of environments needs this module alone",
          WORLDS,
          NN,
          REPLAY,
          AGENTS,
          EXPERIMENTS);
    }
  }

  @Test
  void theRoomsOfTheEnvironmentApiStandOnTheContractAndNotOnEachOther() {
    refuse(ENV, "the contract stands below its rooms", ENV_ROOMS);
    List<String> rooms = List.of("wrappers", "check", "show", "picture");
    for (String room : rooms) {
      String[] others =
          rooms.stream()
              .filter(other -> !other.equals(room))
              .map(other -> packageOf(ENV, other))
              .toArray(String[]::new);
      refuse(packageOf(ENV, room), "a reader must know what may be touched where", others);
    }
  }

  @Test
  void environmentsKnowTheirApiOnly() {
    refuse(
        WORLDS,
        "an environment must be loadable without a learner",
        NN,
        REPLAY,
        AGENTS,
        EXPERIMENTS);
  }

  @Test
  void replayKnowsEnvironmentsOnly() {
    refuse(
        REPLAY,
        "what was seen does not depend on who learns from it",
        WORLDS,
        NN,
        AGENTS,
        EXPERIMENTS);
  }

  @Test
  void theViewerKnowsScenesOnly() {
    refuse(
        VIEWER,
        "what is shown does not depend on who plays",
        WORLDS,
        NN,
        REPLAY,
        AGENTS,
        EXPERIMENTS);
  }

  @Test
  void agentsKnowNoRun() {
    refuse(AGENTS, "everything around an algorithm arrives through Run", WORLDS, ND4J, EXPERIMENTS);
  }

  @Test
  void experimentsFindEnvironmentsAndDevicesByService() {
    refuse(
        EXPERIMENTS,
        "environments, spectators and optional devices are found through ServiceLoader",
        WORLDS,
        VIEWER,
        ND4J);
  }

  @Test
  void theRoomsOfExperimentsUseThoseBelowOnly() {
    rooms(
        "org.jarl.experiments",
        List.of("cli", "report", "run", "show", "environment", "config", "checkpoint", "base"));
  }

  /// The environments stand above the contract that they implement.
  @Test
  void theRoomsOfEnvironmentsUseThoseBelowOnly() {
    rooms(
        "org.jarl.env",
        List.of("atari", "gridworld", "classic", "check", "wrappers", "show", "picture", ""));
  }

  @Test
  void theRoomsOfAgentsUseThoseBelowOnly() {
    rooms("org.jarl.agents", List.of("", "maths", "config"));
  }

  /// Holds the order of a module's packages: each may use those after it in the list, none that
  /// stands before it.
  private static void rooms(String root, List<String> fromTheTop) {
    List<String> packagesFromTheTop =
        fromTheTop.stream().map(room -> packageOf(root, room)).toList();
    Architectures.LayeredArchitecture order =
        layeredArchitecture().consideringOnlyDependenciesInAnyPackage(root + "..");
    for (String name : packagesFromTheTop) {
      order = order.layer(name).definedBy(name);
    }
    for (int i = 0; i < packagesFromTheTop.size(); i++) {
      String name = packagesFromTheTop.get(i);
      String[] above = packagesFromTheTop.subList(0, i).toArray(String[]::new);
      order =
          i == 0
              ? order.whereLayer(name).mayNotBeAccessedByAnyLayer()
              : order.whereLayer(name).mayOnlyBeAccessedByLayers(above);
    }
    order.because("a reader must know what may be touched where").check(MAIN);
    Set<String> packages =
        MAIN.stream()
            .map(c -> c.getPackageName())
            .filter(p -> p.equals(root) || p.startsWith(root + "."))
            .collect(Collectors.toSet());
    packages.removeAll(packagesFromTheTop);
    packages.remove(root);
    assertEquals(Set.of(), packages, "every package of a module has its place in the order");
  }

  /// The package of a room; the module's own package is called by an empty name.
  private static String packageOf(String root, String room) {
    return room.isEmpty() ? root : root + "." + room;
  }

  @Test
  void noPackageIsTooLargeToBeKnown() {
    Map<String, Set<String>> files =
        MAIN.stream()
            .collect(
                Collectors.groupingBy(
                    c -> c.getPackageName(),
                    TreeMap::new,
                    Collectors.mapping(
                        c -> c.getSource().flatMap(Source::getFileName).orElseThrow(),
                        Collectors.toSet())));
    files.forEach((name, sources) ->
        assertTrue(sources.size() <= 32, () -> name + " has " + sources.size() + " files"));
  }

  @Test
  void modulesAreFreeOfCycles() {
    slices()
        .matching("org.jarl.(*)..")
        .should()
        .beFreeOfCycles()
        .because("a reader must be able to begin somewhere")
        .check(MAIN);
  }

  private static void refuse(String module, String reason, String... others) {
    noClasses()
        .that()
        .resideInAPackage(module)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(others)
        .because(reason)
        .check(MAIN);
  }

  @Test
  void noPackageIsADrawerForOddments() {
    List<String> drawers =
        MAIN.stream()
            .map(c -> c.getPackageName())
            .filter(p -> p.matches(".*\\.(util|utils|common|impl|helper|helpers|core)"))
            .distinct()
            .toList();
    assertEquals(List.of(), drawers);
  }
}
