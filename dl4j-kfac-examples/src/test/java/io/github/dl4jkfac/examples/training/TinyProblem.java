package io.github.dl4jkfac.examples.training;

import io.github.dl4jkfac.examples.data.CurvesSource;
import io.github.dl4jkfac.examples.data.ImageSplit;
import io.github.dl4jkfac.solve.BlasThreads;
import java.util.List;

/** An autoencoder that trains in no time. */
final class TinyProblem {

    static final int BATCH = 20;

    static {
        // Networks this small gain nothing from threads, and lose much to them on a busy machine.
        BlasThreads.set(1);
    }

    private TinyProblem() {}

    static AutoencoderProblem create() {
        ImageSplit images = CurvesSource.generate(3, 70, 40);
        return new AutoencoderProblem(images, List.of(784, 16, 5, 16, 784), 100);
    }
}
