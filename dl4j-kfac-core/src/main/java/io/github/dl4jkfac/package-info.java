/**
 * K-FAC for Deeplearning4j: what a user touches.
 *
 * <p>{@link io.github.dl4jkfac.KFac} is an updater configuration, {@link io.github.dl4jkfac.KFacListener} binds it to a live
 * network. {@code plan} tells which parameters get which curvature, {@code session} runs the steps. Data flows one way through the
 * packages below: {@code capture} (layer inputs and derivatives), {@code curvature}
 * (Kronecker factors), {@code solve} (inverses), {@code step} (the update); {@code state} says where all of it is kept.
 */
package io.github.dl4jkfac;
