package org.jarl.experiments;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/// Every public type and method of every module says what it is, in a `///` comment.
///
/// Exempt are methods that override (their contract is above), compact constructors (the record's
/// comment says what they check) and what is public only inside a type that is not.
class DocumentationTest {

  @Test
  void everyPublicTypeAndMethodIsDocumented() throws IOException {
    List<Path> sources = SourceTree.mainSources();
    assertTrue(sources.size() > 40, () -> "only " + sources.size() + " sources were found");
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (var files = compiler.getStandardFileManager(null, null, null)) {
      assertEquals(List.of(), undocumented(files.getJavaFileObjectsFromPaths(sources)));
    }
  }

  @Test
  void whatLacksACommentIsNamed() throws IOException {
    String source =
        """
        /// A type.
        public class Documented {
          public void bare() {}
          /// Says it.
          public void said() {}
          /** In the old style. */
          public int old;
          /** In the old style. */
          public void oldStyle() {}
          @Override public String toString() { return ""; }
          void inside() {}
          public interface Bare { void member(); }
          record Hidden(int i) { public void free() {} }
          /// One.
          public record Said(int i) { public Said {} }
        }
        """;
    var file =
        new SimpleJavaFileObject(
            URI.create("string:///Documented.java"), JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return source;
          }
        };
    assertEquals(
        List.of(
            "Documented.java:3 bare",
            "Documented.java:9 oldStyle",
            "Documented.java:12 Bare",
            "Documented.java:12 member"),
        undocumented(List.of(file)));
  }

  private static List<String> undocumented(Iterable<? extends JavaFileObject> sources)
      throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    JavacTask task =
        (JavacTask) compiler.getTask(null, null, null, List.of("-proc:none"), null, sources);
    List<String> missing = new ArrayList<>();
    for (CompilationUnitTree unit : task.parse()) {
      Object _ = new Scanner(Trees.instance(task), unit, missing).scan(unit, null);
    }
    return missing;
  }

  /// Walks the public surface of one file.
  private static final class Scanner extends TreePathScanner<Object, Object> {
    private final Trees trees;
    private final CompilationUnitTree unit;
    private final List<String> missing;

    Scanner(Trees trees, CompilationUnitTree unit, List<String> missing) {
      this.trees = trees;
      this.unit = unit;
      this.missing = missing;
    }

    @Override
    public Object visitClass(ClassTree type, Object nothing) {
      if (!isPublic(type.getModifiers())) {
        return nothing;
      }
      check(type, type.getSimpleName().toString());
      return super.visitClass(type, nothing);
    }

    @Override
    public Object visitMethod(MethodTree method, Object nothing) {
      boolean overrides =
          method.getModifiers().getAnnotations().stream()
              .anyMatch(a -> a.getAnnotationType().toString().equals("Override"));
      if (isPublic(method.getModifiers()) && !overrides && !isCompact(method)) {
        check(method, method.getName().toString());
      }
      return nothing;
    }

    private boolean isPublic(ModifiersTree modifiers) {
      Tree around = getCurrentPath().getParentPath().getLeaf();
      boolean member =
          around.getKind() == Tree.Kind.INTERFACE || around.getKind() == Tree.Kind.ANNOTATION_TYPE;
      return modifiers.getFlags().contains(Modifier.PUBLIC)
          || member && !modifiers.getFlags().contains(Modifier.PRIVATE);
    }

    /// A record's compact constructor has no parentheses: its name is followed by the brace.
    private boolean isCompact(MethodTree method) {
      Tree around = getCurrentPath().getParentPath().getLeaf();
      if (around.getKind() != Tree.Kind.RECORD || !method.getName().contentEquals("<init>")) {
        return false;
      }
      try {
        String text = unit.getSourceFile().getCharContent(true).toString();
        int start = (int) trees.getSourcePositions().getStartPosition(unit, method);
        int body = (int) trees.getSourcePositions().getStartPosition(unit, method.getBody());
        return !text.substring(start, body).contains("(");
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }

    private void check(Tree tree, String name) {
      TreePath path = getCurrentPath();
      String comment = trees.getDocComment(path);
      boolean markdown = comment != null && isMarkdown(tree);
      if (!markdown) {
        long at = trees.getSourcePositions().getStartPosition(unit, tree);
        String file = Path.of(unit.getSourceFile().getName()).getFileName().toString();
        missing.add(file + ":" + unit.getLineMap().getLineNumber(at) + " " + name);
      }
    }

    /// Looks at the lines above: the nearest comment must be of the `///` kind.
    private boolean isMarkdown(Tree tree) {
      try {
        long at = trees.getSourcePositions().getStartPosition(unit, tree);
        String before =
            unit.getSourceFile().getCharContent(true).subSequence(0, (int) at).toString();
        String[] lines = before.stripTrailing().split("\n", -1);
        return lines[lines.length - 1].strip().startsWith("///");
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
  }
}
