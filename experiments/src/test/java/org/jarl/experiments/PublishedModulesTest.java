package org.jarl.experiments;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

/// What a public repository asks of the POMs, and what makes them belong together.
class PublishedModulesTest {

  static Stream<Path> published() {
    return SourceTree.modules().stream().filter(module -> !module.endsWith("benchmarks"));
  }

  @Test
  void theBillOfMaterialsManagesEveryPublishedModule() throws Exception {
    Element bom = pom(SourceTree.root().resolve("bom"));
    assertEquals("jarl-bom", text(bom, "artifactId"));
    TreeSet<String> managed = new TreeSet<>();
    NodeList artifacts = bom.getElementsByTagName("dependency");
    for (int i = 0; i < artifacts.getLength(); i++) {
      Element artifact = (Element) artifacts.item(i);
      assertEquals("${project.version}", text(artifact, "version"));
      managed.add(text(artifact, "artifactId"));
    }
    TreeSet<String> modules = new TreeSet<>();
    for (Path module : published().toList()) {
      modules.add(text(pom(module), "artifactId"));
    }
    assertEquals(modules, managed);
  }

  @Test
  void allPomsHaveOneGroupAndOneVersion() throws Exception {
    Element parent = pom(SourceTree.root());
    Element bom = pom(SourceTree.root().resolve("bom"));
    assertEquals(text(parent, "groupId"), text(bom, "groupId"));
    assertEquals(text(parent, "version"), text(bom, "version"));
    for (Path module : SourceTree.modules()) {
      Element named = child(pom(module), "parent");
      assertEquals(text(parent, "groupId"), text(named, "groupId"), module.toString());
      assertEquals(text(parent, "artifactId"), text(named, "artifactId"), module.toString());
      assertEquals(text(parent, "version"), text(named, "version"), module.toString());
    }
  }

  @ParameterizedTest
  @MethodSource("published")
  void aModuleSaysWhatItIs(Path module) throws Exception {
    Element pom = pom(module);
    assertEquals("jarl-" + module.getFileName(), text(pom, "artifactId"));
    assertFalse(text(pom, "name").isBlank());
    assertFalse(text(pom, "description").isBlank());
    NodeList licenses = child(pom, "licenses").getElementsByTagName("name");
    List<String> names =
        Stream.iterate(0, i -> i < licenses.getLength(), i -> i + 1)
            .map(i -> licenses.item(i).getTextContent())
            .toList();
    boolean atari = module.endsWith("env-atari");
    assertEquals(atari ? List.of("GPL-2.0-only", "MIT") : List.of("MIT"), names);
    String name = text(child(pom, "properties"), "jarl.module.name");
    assertTrue(name.matches("org\\.jarl(\\.[a-z0-9]+)+"), name);
    Path packages = module.resolve("src/main/java").resolve(name.replace('.', '/'));
    assertTrue(Files.isDirectory(packages), name + " is no package of " + module);
  }

  @Test
  void benchmarksAreNotPublished() throws Exception {
    Element properties = child(pom(SourceTree.root().resolve("benchmarks")), "properties");
    assertEquals("true", text(properties, "maven.deploy.skip"));
    assertEquals("true", text(properties, "maven.install.skip"));
  }

  private static Element pom(Path folder) throws Exception {
    return DocumentBuilderFactory.newDefaultInstance()
        .newDocumentBuilder()
        .parse(folder.resolve("pom.xml").toFile())
        .getDocumentElement();
  }

  private static String text(Element parent, String name) {
    return child(parent, name).getTextContent().strip();
  }

  private static Element child(Element parent, String name) {
    for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
      if (node instanceof Element element && element.getTagName().equals(name)) {
        return element;
      }
    }
    throw new AssertionError("<" + parent.getTagName() + "> must have a <" + name + ">");
  }
}
