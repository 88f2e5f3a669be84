package io.github.dl4jkfac.examples.quality;

import io.github.dl4jkfac.examples.data.LabelledBatches;
import io.github.dl4jkfac.examples.data.LabelledData;
import io.github.dl4jkfac.examples.data.PixelEncoding;
import io.github.dl4jkfac.examples.failures.OutputFailure;
import io.github.dl4jkfac.examples.report.Plots;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;

/** Passes on what a study of the classifier finds, and draws its Fisher matrix at one stage of one seed. */
public final class FisherDrawing implements StudyListener {

    private static final int SAMPLES = 1000;
    /** Those between layers of equal size, as in the paper. */
    private static final int FIRST_DRAWN_LAYER = 1;

    private static final int LAST_DRAWN_LAYER = 4;

    private final StudyListener next;
    private final long seed;
    private final int step;
    private final LabelledData images;
    private final Path folder;
    private final PrintWriter terminal;
    private Optional<OutputFailure> unwritten = Optional.empty();

    /**
     * @param next is told everything first
     * @param seed of the run to draw
     * @param step of the stage to draw
     * @param images of which the matrix is the mean
     * @param folder existing folder for the picture and the norms
     * @param terminal where to say how good the approximation is
     */
    public FisherDrawing(
            StudyListener next, long seed, int step, LabelledData images, Path folder, PrintWriter terminal) {
        this.next = next;
        this.seed = seed;
        this.step = step;
        this.images = images;
        this.folder = folder;
        this.terminal = terminal;
    }

    @Override
    public void reached(StudyStage stage) {
        next.reached(stage);
        if (stage.seed() == seed && stage.step() == step) {
            draw(stage);
        }
    }

    @Override
    public void measured(Measurement measurement) {
        next.measured(measurement);
    }

    private void draw(StudyStage stage) {
        int samples = Math.min(SAMPLES, images.count());
        FisherReport fisher = new FisherReport(FisherBlocks.of(
                stage.network(),
                FIRST_DRAWN_LAYER,
                LAST_DRAWN_LAYER,
                LabelledBatches.range(images, new PixelEncoding(images.size()), 0, samples)
                        .getFeatures()));
        fisher.write(folder);
        terminal.println("step " + step + ": " + fisher);
        unwritten = Plots.tryTo(() -> fisher.draw(
                folder,
                "middle layers of the classifier after " + step + " steps, " + samples + " images; absolute values"));
    }

    /** @return what to fail with when all else is written, if the picture could not be written */
    public Optional<OutputFailure> unwritten() {
        return unwritten;
    }
}
