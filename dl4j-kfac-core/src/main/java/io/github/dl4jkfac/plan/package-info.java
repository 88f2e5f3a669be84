/** Before training: which parameters get which curvature, and what their layers keep in the updater state. Nothing here runs a step. */
package io.github.dl4jkfac.plan;
