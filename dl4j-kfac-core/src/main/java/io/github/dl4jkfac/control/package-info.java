/** How long a step is, and how much damping there is, judged on the batch itself. */
package io.github.dl4jkfac.control;
