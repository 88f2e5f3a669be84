package io.github.dl4jkfac;

/**
 * What the options of {@link ExactFisher} are where the user has set none.
 *
 * @param learningRate alpha
 * @param klClip bound of the step's squared length; 0 for none
 * @param damping absolute damping
 * @param relativeDamping damping in units of the mean squared length of a sample's gradient, over N
 */
record SampleSpaceDefaults(double learningRate, double klClip, double damping, double relativeDamping) {

    /** @param reuse whether later epochs reuse the first one's coefficients */
    static SampleSpaceDefaults of(Curvature curvature, boolean reuse) {
        return switch (curvature) {
            case SAMPLED_FISHER, RANDOM_SIGN_FISHER, EXACT_FISHER ->
                bounded(ExactFisher.DEFAULT_DAMPING, ExactFisher.DEFAULT_RELATIVE_DAMPING);
            case EMPIRICAL_FISHER ->
                reuse
                        ? bounded(0, ExactFisher.DEFAULT_REUSE_DAMPING)
                        : bounded(ExactFisher.DEFAULT_EMPIRICAL_DAMPING, 0);
            case IMPROVED_EMPIRICAL_FISHER ->
                new SampleSpaceDefaults(
                        ExactFisher.DEFAULT_IMPROVED_LEARNING_RATE, 0, 0, ExactFisher.DEFAULT_IMPROVED_DAMPING);
        };
    }

    private static SampleSpaceDefaults bounded(double damping, double relativeDamping) {
        return new SampleSpaceDefaults(
                ExactFisher.DEFAULT_LEARNING_RATE, ExactFisher.DEFAULT_KL_CLIP, damping, relativeDamping);
    }
}
