/** What a curvature block is: its contract, alone or jointly with others, and what it is made from. What keeps factors is in the packages below. */
package io.github.dl4jkfac.curvature;
