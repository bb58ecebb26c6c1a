/// Module nn-engine.
@NullMarked
package org.jarl.nn;

import org.jspecify.annotations.NullMarked;
