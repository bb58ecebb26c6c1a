/// The checker of environments: rules that every environment and its provider must keep.
///
/// Uses [org.jarl.env] only. [EnvironmentChecker] is the door; a new rule gets an entry in
/// [EnvironmentChecker.Rule], a check here and a broken environment in the tests.
@NullMarked
package org.jarl.env.check;

import org.jspecify.annotations.NullMarked;
