/**
 * Before training: which parameters get which curvature, and what their layers keep in the updater state. Nothing here runs a step.
 *
 * <p>This package is internal: it may change without notice.
 */
package io.github.dl4jkfac.plan;
