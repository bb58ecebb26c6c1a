package org.jarl.env.atari;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProtocolTest {
  private static final Path TABLE = Path.of("../docs/atari-protocols.md");

  /// The rows of the table whose first cell is an option, compared cell by cell.
  @Test
  void theTableInTheDocumentationHasTheValuesOfTheCode() throws IOException {
    List<List<String>> rows =
        Files.readAllLines(TABLE).stream()
            .filter(line -> line.startsWith("|"))
            .map(line -> Arrays.stream(line.split("\\|")).skip(1).map(String::strip).toList())
            .toList();
    List<String> labels =
        rows.stream().filter(row -> row.getFirst().equals("option")).findFirst().orElseThrow();
    assertEquals(
        Protocol.labels(),
        labels.subList(1, labels.size()).stream().map(ProtocolTest::code).toList());
    for (Protocol protocol : Protocol.values()) {
      int column = 1 + Protocol.labels().indexOf(protocol.label());
      Map<String, Object> values = AtariSettings.values(protocol, protocol.options(0, 0));
      values.keySet().removeAll(List.of(AtariSettings.PROTOCOL, "mode", "difficulty"));
      List<String> found = new ArrayList<>();
      for (List<String> row : rows) {
        String option = code(row.getFirst());
        if (values.containsKey(option)) {
          found.add(option);
          assertEquals(
              values.get(option).toString(),
              row.get(column).replaceAll(" \\[.*\\]|,", ""),
              protocol.label() + ", " + option);
        }
      }
      assertEquals(List.copyOf(values.keySet()), found);
    }
  }

  private static String code(String cell) {
    return cell.replace("`", "");
  }

  @Test
  void namesAreFoundAgain() {
    assertTrue(Protocol.labels().contains("gymnasium-v5"), Protocol.labels().toString());
    for (Protocol protocol : Protocol.values()) {
      assertEquals(protocol, Protocol.labelled(protocol.label()));
    }
  }
}
