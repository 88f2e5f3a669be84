/**
 * Where ND4J's array operations need care, the careful form of them: reductions, products, the test for NaN. This package is internal: it
 * may change without notice.
 */
package io.github.dl4jkfac.arrays;
