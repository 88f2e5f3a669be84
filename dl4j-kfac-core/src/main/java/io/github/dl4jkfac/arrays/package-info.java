/** Where ND4J's array operations need care, the careful form of them. This package is internal: it may change without notice. */
package io.github.dl4jkfac.arrays;
