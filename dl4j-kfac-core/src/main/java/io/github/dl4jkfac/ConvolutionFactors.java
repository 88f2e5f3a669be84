package io.github.dl4jkfac;

/** How the Kronecker factors of convolutional layers are made, from the most expensive to the cheapest. */
public enum ConvolutionFactors {

    /**
     * Every position of every image counts as a row (KFC, Grosse and Martens 2016, Theorem 1): the Gram matrix of all patches.
     * Exact for deep linear networks with a loss at every position.
     */
    EXPANDED,

    /**
     * Patches are averaged and derivatives summed over an image's positions first ("reduce", Eschenhagen et al. 2023). The
     * Gram matrices cost as many times less as there are positions; exact where the layer's output is averaged over the positions.
     */
    AVERAGED,

    /**
     * Neighbouring inputs are taken for uncorrelated (SUA, Grosse and Martens 2016, Theorem 4): A is made of the channels'
     * covariance and mean, and its inverse costs as little as that of a 1x1 convolution. Borders make it approximate.
     */
    SPATIALLY_UNCORRELATED
}
