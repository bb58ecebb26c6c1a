/// Module benchmarks.
@NullMarked
package org.jarl.benchmarks;

import org.jspecify.annotations.NullMarked;
