/// Module nn-nd4j.
@NullMarked
package org.jarl.nn.nd4j;

import org.jspecify.annotations.NullMarked;
