@NullMarked
package org.jarl.agents;

import org.jspecify.annotations.NullMarked;
