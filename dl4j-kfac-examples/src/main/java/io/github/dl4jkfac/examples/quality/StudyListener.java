package io.github.dl4jkfac.examples.quality;

/** Is told what a study finds, as it finds it. */
public interface StudyListener {

    /** @param stage where training has stopped to measure */
    void reached(StudyStage stage);

    /** @param measurement a result at the last stage */
    void measured(Measurement measurement);
}
