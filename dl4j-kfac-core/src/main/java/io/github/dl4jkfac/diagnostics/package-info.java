/** What steps did and what they cost, and how good they were; seen from outside. */
package io.github.dl4jkfac.diagnostics;
