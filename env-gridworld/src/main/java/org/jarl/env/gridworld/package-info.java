/// Module env-gridworld.
@NullMarked
package org.jarl.env.gridworld;

import org.jspecify.annotations.NullMarked;
