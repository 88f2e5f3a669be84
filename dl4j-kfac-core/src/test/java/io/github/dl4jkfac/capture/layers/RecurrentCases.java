package io.github.dl4jkfac.capture.layers;

import static io.github.dl4jkfac.testing.TestNetworks.normal;

import io.github.dl4jkfac.capture.ReplayingActivation;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.layers.BaseRecurrentLayer;
import org.deeplearning4j.nn.conf.layers.GravesLSTM;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.conf.layers.util.MaskZeroLayer;
import org.deeplearning4j.nn.conf.weightnoise.DropConnect;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.impl.LossL2;

/** Recurrent layers, alone and wrapped, with all the masks that DL4J computes the right gradient for. */
public final class RecurrentCases {

    private static final int SAMPLES = 3;
    private static final int FEATURES = 3;
    private static final int UNITS = 4;
    private static final int OUTPUTS = 2;
    private static final int STEPS = 5;

    private static final double[][] AT_THE_END = {{1, 1, 1, 0, 0}, {1, 1, 1, 1, 1}, {1, 1, 0, 0, 0}};
    private static final double[][] AT_THE_START = {{0, 0, 1, 1, 1}, {1, 1, 1, 1, 1}, {0, 1, 1, 1, 1}};
    private static final double[][] IN_BETWEEN = {{1, 1, 0, 1, 1}, {1, 1, 1, 1, 1}, {1, 0, 0, 1, 1}};

    private RecurrentCases() {}

    /** The kinds of layer. */
    public enum Kind {
        SIMPLE {
            @Override
            BaseRecurrentLayer.Builder<?> builder() {
                return new SimpleRnn.Builder();
            }
        },
        LONG_SHORT_TERM {
            @Override
            BaseRecurrentLayer.Builder<?> builder() {
                return new LSTM.Builder();
            }
        },
        WITH_PEEPHOLES {
            @Override
            BaseRecurrentLayer.Builder<?> builder() {
                return new GravesLSTM.Builder();
            }
        };

        abstract BaseRecurrentLayer.Builder<?> builder();

        BaseRecurrentLayer.Builder<?> sized(int inputs, RNNFormat format) {
            BaseRecurrentLayer.Builder<?> builder = builder();
            builder.nIn(inputs);
            builder.nOut(UNITS);
            builder.dataFormat(format);
            builder.activation(Activation.TANH);
            return builder;
        }

        public Layer layer(RNNFormat format) {
            return sized(FEATURES, format).build();
        }
    }

    static Stream<LayerCase> all() {
        return Stream.of(Kind.values()).flatMap(RecurrentCases::all);
    }

    /** One kind of layer sees graphs: they differ from sequences outside of the layers, and treat all kinds alike. */
    private static Stream<LayerCase> all(Kind kind) {
        List<LayerCase> cases = new ArrayList<>();
        for (RNNFormat format : RNNFormat.values()) {
            alone(kind, format, cases);
            bidirectional(kind, format, cases);
        }
        masked(kind, cases);
        lastStep(kind, cases);
        noise(kind, cases);
        return cases.stream().filter(c -> !c.graph() || kind == Kind.SIMPLE);
    }

    private static void alone(Kind kind, RNNFormat format, List<LayerCase> cases) {
        MultiDataSet batch = sequences(format, null, null);
        add(cases, kind + ", " + format, batch, kind.layer(format), stepOutput(UNITS, format));
        add(
                cases,
                kind + " on top of another, as many inputs as units, " + format,
                batch,
                kind.layer(format),
                kind.sized(UNITS, format).build(),
                stepOutput(UNITS, format));
        INDArray mask = mask(AT_THE_END);
        MultiDataSet padded = sequences(format, mask, mask);
        add(cases, kind + ", padding, " + format, padded, kind.layer(format), stepOutput(UNITS, format));
    }

    private static void bidirectional(Kind kind, RNNFormat format, List<LayerCase> cases) {
        for (Bidirectional.Mode mode : modes(kind, format)) {
            int width = mode == Bidirectional.Mode.CONCAT ? 2 * UNITS : UNITS;
            add(
                    cases,
                    "both directions of " + kind + ", " + mode + ", " + format,
                    sequences(format, null, null),
                    new Bidirectional(mode, kind.layer(format)),
                    stepOutput(width, format));
        }
        INDArray mask = mask(AT_THE_END);
        add(
                cases,
                "both directions of " + kind + ", padding, " + format,
                sequences(format, mask, mask),
                new Bidirectional(kind.layer(format)),
                stepOutput(2 * UNITS, format));
    }

    /** The ways to join both directions differ outside of the layers, so one kind of layer sees all of them. */
    private static Bidirectional.Mode[] modes(Kind kind, RNNFormat format) {
        return kind == Kind.SIMPLE && format == RNNFormat.NCW
                ? Bidirectional.Mode.values()
                : new Bidirectional.Mode[] {Bidirectional.Mode.CONCAT};
    }

    private static void masked(Kind kind, List<LayerCase> cases) {
        RNNFormat format = RNNFormat.NCW;
        for (double[][] where : List.of(AT_THE_START, IN_BETWEEN)) {
            INDArray mask = mask(where);
            String name = where == AT_THE_START ? ", padding in front" : ", gaps";
            add(cases, kind + name, sequences(format, mask, mask), kind.layer(format), stepOutput(UNITS, format));
            add(
                    cases,
                    kind + name + ", labels only",
                    sequences(format, null, mask),
                    kind.layer(format),
                    stepOutput(UNITS, format));
            if (kind != Kind.LONG_SHORT_TERM) { // DL4J's LSTM takes derivatives where its mask is zero
                add(
                        cases,
                        "last step of " + kind + name,
                        lastSteps(sequences(format, mask, null)),
                        new LastTimeStep(kind.layer(format)),
                        LayerCases.output(UNITS));
            }
        }
        INDArray oneOnly = mask(new double[][] {{1, 1, 1, 0, 0}, {1, 1, 1, 1, 1}, {0, 0, 0, 0, 0}});
        add(
                cases,
                kind + ", a sample that is masked wholly",
                sequences(format, oneOnly, oneOnly),
                kind.layer(format),
                stepOutput(UNITS, format));
    }

    private static void lastStep(Kind kind, List<LayerCase> cases) {
        for (RNNFormat format : RNNFormat.values()) {
            add(
                    cases,
                    "last step of " + kind + ", " + format,
                    lastSteps(sequences(format, null, null)),
                    new LastTimeStep(kind.layer(format)),
                    LayerCases.output(UNITS));
        }
        RNNFormat format = RNNFormat.NCW;
        INDArray mask = mask(AT_THE_END);
        add(
                cases,
                "last step of " + kind + ", padding",
                lastSteps(sequences(format, mask, null)),
                new LastTimeStep(kind.layer(format)),
                LayerCases.output(UNITS));
        MultiDataSet zeros = sequences(format, null, null);
        zeros.getFeatures(0).muli(mask.reshape('c', SAMPLES, 1, STEPS).broadcast(SAMPLES, FEATURES, STEPS));
        add(
                cases,
                kind + ", steps of zeros masked",
                lastSteps(zeros),
                new LastTimeStep(new MaskZeroLayer(kind.layer(format), 0)),
                LayerCases.output(UNITS));
    }

    private static void noise(Kind kind, List<LayerCase> cases) {
        RNNFormat format = RNNFormat.NCW;
        Layer dropout = kind.sized(FEATURES, format).dropOut(0.7).build();
        Layer dropConnect =
                kind.sized(FEATURES, format).weightNoise(new DropConnect(0.7)).build();
        MultiDataSet batch = sequences(format, null, null);
        add(cases, "dropout before " + kind, batch, dropout, stepOutput(UNITS, format));
        add(cases, "DropConnect in " + kind, batch, dropConnect, stepOutput(UNITS, format));
        add(
                cases,
                "dropout before both directions of " + kind,
                batch,
                new Bidirectional(dropout),
                stepOutput(2 * UNITS, format));
        add(
                cases,
                "DropConnect in both directions of " + kind,
                batch,
                new Bidirectional(dropConnect),
                stepOutput(2 * UNITS, format));
        add(
                cases,
                "DropConnect before the last step of " + kind,
                lastSteps(batch),
                new LastTimeStep(dropConnect),
                LayerCases.output(UNITS));
    }

    private static void add(List<LayerCase> cases, String name, MultiDataSet batch, Layer... layers) {
        LayerCase.of(name, null, batch, layers).forEach(cases::add);
    }

    private static Layer stepOutput(int inputs, RNNFormat format) {
        return new RnnOutputLayer.Builder(new LossL2())
                .nIn(inputs)
                .nOut(OUTPUTS)
                .dataFormat(format)
                .activation(new ReplayingActivation(Activation.TANH.getActivationFunction()))
                .build();
    }

    private static INDArray mask(double[][] steps) {
        return Nd4j.createFromArray(steps);
    }

    private static MultiDataSet sequences(RNNFormat format, INDArray featureMask, INDArray labelMask) {
        return LayerCase.batch(sequences(format, 1, FEATURES), sequences(format, 2, OUTPUTS), featureMask, labelMask);
    }

    private static INDArray sequences(RNNFormat format, long seed, int channels) {
        return format == RNNFormat.NCW
                ? normal(seed, SAMPLES, channels, STEPS)
                : normal(seed, SAMPLES, STEPS, channels);
    }

    /** The same features with one label per sample. */
    private static MultiDataSet lastSteps(MultiDataSet batch) {
        return LayerCase.batch(batch.getFeatures(0), normal(3, SAMPLES, OUTPUTS), batch.getFeaturesMaskArray(0), null);
    }
}
