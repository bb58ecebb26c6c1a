package org.jarl.env;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Opcode;
import java.lang.classfile.constantpool.MethodRefEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.security.cert.Certificate;
import java.util.Enumeration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/// One plug-in jar, and the precautions against what its code may do: calls that list and describe
/// must answer in time, and it cannot end the JVM.
final class Plugin implements AutoCloseable {
  static final String SERVICE_FILE = "META-INF/services/" + EnvironmentProvider.class.getName();

  /// Listing and describing must be cheap.
  private static final long LIMIT_SECONDS = 5;

  private final Path jar;
  private final Loader loader;

  private Plugin(Path jar, Loader loader) {
    this.jar = jar;
    this.loader = loader;
  }

  /// Opens a jar.
  ///
  /// @throws IOException if it is not a jar or lists no environments, saying so
  static Plugin open(Path jar, ClassLoader parent) throws IOException {
    if (!Files.isRegularFile(jar)) {
      throw new IOException("it is not a jar but another kind of file");
    }
    try (JarFile file = new JarFile(jar.toFile())) {
      if (file.getEntry(SERVICE_FILE) == null) {
        throw new IOException(
            "it has no " + SERVICE_FILE + ", which must list its EnvironmentProvider classes");
      }
    } catch (ZipException e) {
      throw new IOException("it is not a jar (" + e.getMessage() + ")", e);
    }
    return new Plugin(jar, new Loader(jar, parent));
  }

  ClassLoader loader() {
    return loader;
  }

  Path jar() {
    return jar;
  }

  /// Makes a call of the jar's code that must be cheap.
  ///
  /// @throws IllegalStateException if it does not answer in time; it is left behind then
  static <T> @Nullable T inTime(Supplier<@Nullable T> call) throws Throwable {
    CompletableFuture<@Nullable T> answer = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                answer.complete(call.get());
              } catch (Throwable e) {
                answer.completeExceptionally(e);
              }
            },
            "jarl-plug-in");
    thread.setDaemon(true);
    thread.start();
    try {
      return answer.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() == null ? e : e.getCause();
    } catch (TimeoutException e) {
      throw new IllegalStateException("no answer within " + LIMIT_SECONDS + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a plug-in was asked", e);
    }
  }

  @Override
  public void close() throws IOException {
    loader.close();
  }

  /// The class loader of the jar: its classes see ours, not those of other plug-ins. It hides the
  /// services that our own class path lists, so that `ServiceLoader` finds the jar's.
  private static final class Loader extends URLClassLoader {
    private static final ClassDesc GATE = ClassDesc.of(Environments.class.getName());
    private static final ClassDesc RUNTIME = ClassDesc.of("java.lang.Runtime");
    private static final MethodTypeDesc STATIC =
        MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_int);
    private static final MethodTypeDesc VIRTUAL =
        MethodTypeDesc.of(ConstantDescs.CD_void, RUNTIME, ConstantDescs.CD_int);
    private static final String REFUSE = "refuseExit";

    private final JarFile jar;
    private final CodeSource source;

    Loader(Path jar, ClassLoader parent) throws IOException {
      super("plugin " + jar.getFileName(), new URL[] {jar.toUri().toURL()}, parent);
      this.jar = new JarFile(jar.toFile(), true, ZipFile.OPEN_READ, JarFile.runtimeVersion());
      source = new CodeSource(jar.toUri().toURL(), (Certificate[]) null);
    }

    @Override
    public Enumeration<URL> getResources(String name) throws IOException {
      return name.equals(SERVICE_FILE) ? findResources(name) : super.getResources(name);
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
      try (InputStream in = open(name.replace('.', '/') + ".class")) {
        if (in == null) {
          throw new ClassNotFoundException(name);
        }
        byte[] code = withoutExit(in.readAllBytes());
        return defineClass(name, code, 0, code.length, source);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }

    /// A file of the jar, or of those that its manifest names. Never from the JVM's cache of open
    /// jars, which would know an older jar of the same name.
    private @Nullable InputStream open(String path) throws IOException {
      JarEntry entry = jar.getJarEntry(path);
      if (entry != null) {
        return jar.getInputStream(entry);
      }
      URL elsewhere = findResource(path);
      if (elsewhere == null) {
        return null;
      }
      URLConnection connection = elsewhere.openConnection();
      connection.setUseCaches(false);
      return connection.getInputStream();
    }

    @Override
    public @Nullable InputStream getResourceAsStream(String name) {
      try {
        return jar.getEntry(name) == null ? super.getResourceAsStream(name) : open(name);
      } catch (IOException _) {
        return null; // as the contract wants it
      }
    }

    @Override
    public void close() throws IOException {
      try (JarFile _ = jar) {
        super.close();
      }
    }

    /// The class with calls of [Environments#refuseExit] in place of those that end the JVM.
    private byte[] withoutExit(byte[] bytes) {
      ClassModel model;
      try {
        model = ClassFile.of().parse(bytes);
        if (!callsExit(model)) {
          return bytes;
        }
      } catch (IllegalArgumentException _) {
        return bytes; // No class: defining it says why.
      }
      CodeTransform refusing =
          (code, element) -> {
            if (element instanceof InvokeInstruction call && endsTheJvm(call.method())) {
              code.invokestatic(
                  GATE, REFUSE, call.opcode() == Opcode.INVOKESTATIC ? STATIC : VIRTUAL);
            } else {
              code.with(element);
            }
          };
      ClassFile writer =
          ClassFile.of(
              ClassHierarchyResolverOption.of(
                  ClassHierarchyResolver.ofResourceParsing(this)
                      .orElse(ClassHierarchyResolver.defaultResolver())));
      return writer.transformClass(model, ClassTransform.transformingMethodBodies(refusing));
    }

    private static boolean callsExit(ClassModel model) {
      for (PoolEntry entry : model.constantPool()) {
        if (entry instanceof MethodRefEntry method && endsTheJvm(method)) {
          return true;
        }
      }
      return false;
    }

    private static boolean endsTheJvm(java.lang.classfile.constantpool.MemberRefEntry method) {
      String owner = method.owner().asInternalName();
      String name = method.name().stringValue();
      return owner.equals("java/lang/System") && name.equals("exit")
          || owner.equals("java/lang/Runtime") && (name.equals("exit") || name.equals("halt"));
    }
  }

  /// A batch of a plug-in, whose every failure is named as the plug-in's.
  static final class Batch implements VectorEnvironment {
    private final String id;
    private final VectorEnvironment inner;
    private final EnvironmentSpec spec;
    private final int count;
    private long seed;
    private long steps;
    private @Nullable StepBatch present;

    /// @throws RuntimeException if it does not say what it is, or is something else
    Batch(String id, VectorEnvironment inner, int count) {
      this.id = id;
      this.inner = inner;
      this.count = count;
      EnvironmentSpec own = inner.spec();
      if (own == null || inner.count() != count) {
        throw new IllegalStateException(
            "it returned a batch of %d copies of %s, asked for were %d"
                .formatted(inner.count(), Printable.of(own), count));
      }
      this.spec = own;
    }

    @Override
    public EnvironmentSpec spec() {
      return spec;
    }

    @Override
    public int count() {
      return count;
    }

    @Override
    public StepBatch reset(long newSeed) {
      seed = newSeed;
      steps = 0;
      return answered("reset", () -> inner.reset(newSeed));
    }

    @Override
    public StepBatch step(ActionBatch actions) {
      if (present != null) {
        actions.check(present.legalActions());
      }
      steps++;
      StepBatch answer;
      try {
        answer = inner.step(actions);
      } catch (Throwable e) {
        throw thrown("step", e);
      }
      return present(answer, "step");
    }

    @Override
    public StepBatch current() {
      return answered("current", inner::current);
    }

    private StepBatch answered(String method, Supplier<@Nullable StepBatch> call) {
      StepBatch answer;
      try {
        answer = call.get();
      } catch (Throwable e) {
        throw thrown(method, e);
      }
      return present(answer, method);
    }

    private StepBatch present(@Nullable StepBatch answer, String method) {
      if (answer == null) {
        throw failed(method + " returned null", null);
      }
      present = answer;
      return answer;
    }

    @Override
    public boolean render(int copy, Frame frame) {
      try {
        return inner.render(copy, frame);
      } catch (Throwable e) {
        throw thrown("render", e);
      }
    }

    @Override
    public void save(StateWriter to) {
      try {
        inner.save(to);
      } catch (UncheckedIOException e) {
        throw e;
      } catch (Throwable e) {
        throw thrown("save", e);
      }
    }

    @Override
    public void load(StateReader from) {
      try {
        inner.load(from);
      } catch (UncheckedIOException | IllegalArgumentException e) {
        throw e;
      } catch (Throwable e) {
        throw thrown("load", e);
      }
    }

    @Override
    public void close() {
      try {
        inner.close();
      } catch (Throwable e) {
        EnvironmentFailedException.logClose(id, e);
      }
    }

    private EnvironmentFailedException thrown(String method, Throwable thrown) {
      return failed(method + " threw " + Printable.of(thrown), thrown);
    }

    private EnvironmentFailedException failed(String problem, @Nullable Throwable cause) {
      String where = "its batch of " + count + " copies, step " + steps;
      return new EnvironmentFailedException(id, where, seed, problem, cause);
    }
  }
}
