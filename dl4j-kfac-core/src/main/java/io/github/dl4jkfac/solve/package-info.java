/**
 * Dense symmetric linear algebra: Gram products, inverses, two-sided products and eigenvectors.
 *
 * <p>This package is internal, apart from {@link io.github.dl4jkfac.solve.BlasThreads}: it may
 * change without notice. It is the only one that calls native routines directly. {@link
 * io.github.dl4jkfac.solve.Solvers#forBackend()} picks an implementation of {@link
 * io.github.dl4jkfac.solve.SymmetricSolver}: {@link io.github.dl4jkfac.solve.LapackSolver} where
 * OpenBLAS can work on the arrays' own memory, {@link io.github.dl4jkfac.solve.PortableSolver}
 * elsewhere.
 *
 * <p>Matrices are rank 2, {@code FLOAT} or {@code DOUBLE} and column-major: rows have stride 1, and
 * the column stride may exceed the number of rows, so that a block of a larger matrix can be passed
 * as a view.
 */
package io.github.dl4jkfac.solve;
