package io.github.dl4jkfac.examples.quality;

import io.github.dl4jkfac.examples.data.LabelledSplit;
import io.github.dl4jkfac.examples.data.PixelEncoding;
import io.github.dl4jkfac.examples.models.TanhClassifier;
import io.github.dl4jkfac.examples.training.AutoencoderProblem;
import io.github.dl4jkfac.examples.training.ClassificationProblem;
import io.github.dl4jkfac.examples.training.Problem;
import java.util.List;
import java.util.Locale;

/** The problems on which the quality of directions is measured, both on digits of 16x16 pixels. */
public enum QualityProblem {
    /** The classifier whose Fisher matrix Martens and Grosse (2015, fig. 2) draw. */
    CLASSIFIER {
        @Override
        public Problem on(LabelledSplit images, int evaluationSize) {
            TanhClassifier classifier = new TanhClassifier(
                    List.of(PIXELS, 20, 20, 20, 20, 20, images.train().classes()));
            return new ClassificationProblem(classifier, images, new PixelEncoding(PIXELS), null, evaluationSize);
        }
    },
    /** An autoencoder in the manner of Hinton and Salakhutdinov (2006), small enough for many exact natural gradients. */
    AUTOENCODER {
        @Override
        public Problem on(LabelledSplit images, int evaluationSize) {
            List<Integer> layers = List.of(PIXELS, 120, 60, 16, 60, 120, PIXELS);
            return new AutoencoderProblem(images.images(), layers, evaluationSize);
        }
    };

    /** Width and height of the images. */
    public static final int SIDE = 16;

    private static final int PIXELS = SIDE * SIDE;

    /**
     * @param images of {@link #SIDE} pixels a side
     * @param evaluationSize images of each part that an evaluation looks at, at most
     * @return the problem
     */
    public abstract Problem on(LabelledSplit images, int evaluationSize);

    /** @return the name on the command line and in result files */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }
}
