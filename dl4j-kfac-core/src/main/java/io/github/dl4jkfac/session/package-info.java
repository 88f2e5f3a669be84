/**
 * During training: one network at work, a step as a sequence of phases, and how it is bound to the updater that DL4J runs.
 *
 * <p>This package is internal: it may change without notice.
 */
package io.github.dl4jkfac.session;
