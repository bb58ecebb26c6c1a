package org.jarl.env;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.jar.JarFile;
import java.util.zip.ZipException;

/// The class loader of one plug-in jar: its classes see ours, not those of other plug-ins.
///
/// It hides the services that our own class path lists, so that `ServiceLoader` finds the jar's.
final class PluginJar extends URLClassLoader {
  static final String SERVICE_FILE = "META-INF/services/" + EnvironmentProvider.class.getName();

  private PluginJar(Path jar, ClassLoader parent) throws IOException {
    super("plugin " + jar.getFileName(), new URL[] {jar.toUri().toURL()}, parent);
  }

  /// Opens a jar.
  ///
  /// @throws IOException if it is not a jar or lists no environments, saying so
  static PluginJar open(Path jar, ClassLoader parent) throws IOException {
    try (JarFile file = new JarFile(jar.toFile())) {
      if (file.getEntry(SERVICE_FILE) == null) {
        throw new IOException(
            "it has no " + SERVICE_FILE + ", which must list its EnvironmentProvider classes");
      }
    } catch (ZipException e) {
      throw new IOException("it is not a jar (" + e.getMessage() + ")", e);
    }
    return new PluginJar(jar, parent);
  }

  @Override
  public Enumeration<URL> getResources(String name) throws IOException {
    return name.equals(SERVICE_FILE) ? findResources(name) : super.getResources(name);
  }
}
