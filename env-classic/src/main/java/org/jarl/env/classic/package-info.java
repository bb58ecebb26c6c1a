/// Module env-classic.
@NullMarked
package org.jarl.env.classic;

import org.jspecify.annotations.NullMarked;
