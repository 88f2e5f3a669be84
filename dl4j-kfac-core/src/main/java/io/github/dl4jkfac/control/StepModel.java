package io.github.dl4jkfac.control;

/**
 * What a step does to the objective, on the batch that it is made of and elsewhere.
 *
 * @param own the model as measured on the batch
 * @param elsewhere the same with the curvature along U that other batches are expected to show ({@link FreshCurvature}), or with more
 */
record StepModel(QuadraticModel own, QuadraticModel elsewhere) {

    /** The same where U bends the objective elsewhere no less than a given curvature. */
    StepModel withCurvatureOfAtLeast(double least) {
        return new StepModel(own, elsewhere.withCurvatureOfAtLeast(least));
    }

    /** The same where U^T G U has a given value elsewhere. */
    StepModel withCurvature(double other) {
        return new StepModel(own, elsewhere.withCurvature(other));
    }
}
