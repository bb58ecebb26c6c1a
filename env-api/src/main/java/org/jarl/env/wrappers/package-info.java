/// Wrappers: vector environments that change observations or rewards of another one.
///
/// Uses [org.jarl.env] only. [VectorWrapper] is the base for wrappers of other modules; what a
/// wrapper saves, and in which order, is part of saved runs and must not change.
@NullMarked
package org.jarl.env.wrappers;

import org.jspecify.annotations.NullMarked;
