/** What the command line does whatever the command is: checks of values, interruptions, failures, and the start in a JVM with the right environment. */
package io.github.dl4jkfac.examples.commandline;
