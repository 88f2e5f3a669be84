/** What a run can end with and the user can mend: bad input, and files that cannot be written. */
package io.github.dl4jkfac.examples.failures;
