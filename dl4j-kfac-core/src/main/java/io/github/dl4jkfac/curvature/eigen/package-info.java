/** Blocks in the eigenvectors of the Kronecker factors, with second moments of their own (EKFAC). */
package io.github.dl4jkfac.curvature.eigen;
