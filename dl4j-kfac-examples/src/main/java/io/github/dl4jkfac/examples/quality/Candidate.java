package io.github.dl4jkfac.examples.quality;

/**
 * A method with its damping.
 *
 * @param method the method
 * @param damping its damping relative to the curvature, or null for the method's own default
 */
public record Candidate(StudiedMethod method, Double damping) {}
