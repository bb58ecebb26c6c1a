/// Module experiments.
@NullMarked
package org.jarl.experiments;

import org.jspecify.annotations.NullMarked;
