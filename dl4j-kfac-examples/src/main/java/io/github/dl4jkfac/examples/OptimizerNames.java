package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.examples.optimizers.Optimizer;
import java.util.Arrays;
import java.util.Iterator;

/** The names of all optimizers, for help texts. */
final class OptimizerNames implements Iterable<String> {

    @Override
    public Iterator<String> iterator() {
        return Arrays.stream(Optimizer.values()).map(Optimizer::id).iterator();
    }
}
