/// What an environment and its agent look like: the window, and the same picture without one.
///
///     Stage --latest Scene--> Window --draws--> Painter (OpenGL 3.3, NanoVG) --> screen, pixels
///           <---Commands-----        <--keys---
///
/// Nothing here is reached but through `ServiceLoader`, and no native code is loaded before a window
/// is asked for. All of it runs on the main thread: GLFW allows no other.
@NullMarked
package org.jarl.viewer;

import org.jspecify.annotations.NullMarked;
