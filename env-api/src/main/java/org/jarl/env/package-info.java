/// Module env-api.
@NullMarked
package org.jarl.env;

import org.jspecify.annotations.NullMarked;
