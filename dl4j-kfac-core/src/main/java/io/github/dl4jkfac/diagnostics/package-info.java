/** What the last step did and what it cost, seen from outside. */
package io.github.dl4jkfac.diagnostics;
