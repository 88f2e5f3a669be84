/** What a user sees of the results: progress, tables, files and plots. */
package io.github.dl4jkfac.examples.report;
