@NullMarked
package org.jarl.replay;

import org.jspecify.annotations.NullMarked;
