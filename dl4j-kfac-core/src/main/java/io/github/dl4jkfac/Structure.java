package io.github.dl4jkfac;

/** Which blocks of the curvature matrix {@link KFac} keeps. */
public enum Structure {

    /** Those of the single layers (Martens and Grosse 2015, sec. 4.2). */
    BLOCK_DIAGONAL,

    /**
     * Those of neighbouring dense layers as well, and with them an inverse that is block-tridiagonal (Martens and Grosse 2015, sec. 4.3).
     * A chain are dense layers, and a dense output layer, that have the same settings and follow each other directly: nothing but
     * activation and dropout layers between them, and in a graph no other vertex that takes what goes from the one to the other. Weights
     * and biases of a layer have to share their updater. All other layers have a block each.
     *
     * <p>Where layers are equally wide, preconditioning takes four times as many operations as with single blocks, a refresh some
     * twenty-five times (it needs eigenvectors), and the updater state twice the room.
     */
    BLOCK_TRIDIAGONAL
}
