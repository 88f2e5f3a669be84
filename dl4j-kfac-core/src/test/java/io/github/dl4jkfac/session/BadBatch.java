package io.github.dl4jkfac.session;

import java.util.Random;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/** Ways in which a mini-batch can be bad. Each makes a new batch from a good one, whatever the network. */
enum BadBatch {
    NAN_FEATURE {
        @Override
        DataSet of(DataSet good, Random random) {
            return with(good, put(good.getFeatures(), random, Double.NaN), good.getLabels());
        }
    },
    INFINITE_FEATURE {
        @Override
        DataSet of(DataSet good, Random random) {
            double infinity = random.nextBoolean() ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
            return with(good, put(good.getFeatures(), random, infinity), good.getLabels());
        }
    },
    NAN_LABEL {
        @Override
        DataSet of(DataSet good, Random random) {
            return with(good, good.getFeatures(), put(good.getLabels(), random, Double.NaN));
        }
    },
    INFINITE_LABEL {
        @Override
        DataSet of(DataSet good, Random random) {
            return with(good, good.getFeatures(), put(good.getLabels(), random, Double.POSITIVE_INFINITY));
        }
    },
    /** One feature whose square, or the square of whose square, may not be a number of the network's type any more. */
    HUGE_FEATURE {
        @Override
        DataSet of(DataSet good, Random random) {
            return with(good, put(good.getFeatures(), random, huge(good, random)), good.getLabels());
        }
    },
    HUGE_FEATURES {
        @Override
        DataSet of(DataSet good, Random random) {
            return with(good, good.getFeatures().mul(huge(good, random)), good.getLabels());
        }
    },
    HUGE_LABELS {
        @Override
        DataSet of(DataSet good, Random random) {
            return with(good, good.getFeatures(), good.getLabels().mul(huge(good, random)));
        }
    },
    TINY_FEATURES {
        @Override
        DataSet of(DataSet good, Random random) {
            return with(good, good.getFeatures().div(huge(good, random)), good.getLabels());
        }
    },
    ZERO_FEATURES {
        @Override
        DataSet of(DataSet good, Random random) {
            return with(good, good.getFeatures().mul(0), good.getLabels());
        }
    },
    EQUAL_SAMPLES {
        @Override
        DataSet of(DataSet good, Random random) {
            DataSet same = good.copy();
            for (long n = 1; n < good.getFeatures().size(0); n++) {
                same.getFeatures().slice(n).assign(good.getFeatures().slice(0));
                same.getLabels().slice(n).assign(good.getLabels().slice(0));
            }
            return same;
        }
    },
    ZERO_LABELS {
        @Override
        DataSet of(DataSet good, Random random) {
            return with(good, good.getFeatures(), good.getLabels().mul(0));
        }
    },
    NEGATIVE_LABELS {
        @Override
        DataSet of(DataSet good, Random random) {
            return with(good, good.getFeatures(), good.getLabels().neg());
        }
    },
    LABELS_THAT_DO_NOT_SUM_TO_ONE {
        @Override
        DataSet of(DataSet good, Random random) {
            return with(good, good.getFeatures(), good.getLabels().mul(0.5 + 3 * random.nextDouble()));
        }
    },
    LABELS_TOO_WIDE {
        @Override
        DataSet of(DataSet good, Random random) {
            long[] shape = good.getLabels().shape();
            shape[1] += 1 + random.nextInt(3);
            return with(good, good.getFeatures(), Nd4j.zeros(good.getLabels().dataType(), shape));
        }
    },
    FEATURES_TOO_WIDE {
        @Override
        DataSet of(DataSet good, Random random) {
            long[] shape = good.getFeatures().shape();
            shape[1] += 1 + random.nextInt(3);
            return with(good, Nd4j.zeros(good.getFeatures().dataType(), shape), good.getLabels());
        }
    },
    FEWER_LABELS_THAN_SAMPLES {
        @Override
        DataSet of(DataSet good, Random random) {
            long[] shape = good.getLabels().shape();
            shape[0] -= 1 + random.nextInt(3);
            return with(good, good.getFeatures(), Nd4j.zeros(good.getLabels().dataType(), shape));
        }
    },
    FEATURES_OF_ANOTHER_RANK {
        @Override
        DataSet of(DataSet good, Random random) {
            long[] shape = {good.getFeatures().size(0), good.getFeatures().size(1), 2, 2, 2};
            return with(good, Nd4j.zeros(good.getFeatures().dataType(), shape), good.getLabels());
        }
    },
    NO_LABELS {
        @Override
        DataSet of(DataSet good, Random random) {
            return with(good, good.getFeatures(), null);
        }
    },
    OTHER_TYPE {
        @Override
        DataSet of(DataSet good, Random random) {
            DataType[] types = {DataType.FLOAT, DataType.DOUBLE, DataType.HALF};
            DataType features = types[random.nextInt(types.length)];
            DataType labels = types[random.nextInt(types.length)];
            return with(
                    good, good.getFeatures().castTo(features), good.getLabels().castTo(labels));
        }
    },
    INTEGER_LABELS {
        @Override
        DataSet of(DataSet good, Random random) {
            DataType[] types = {DataType.INT, DataType.LONG, DataType.UBYTE, DataType.BOOL};
            return with(good, good.getFeatures(), good.getLabels().castTo(types[random.nextInt(types.length)]));
        }
    },
    ONE_SAMPLE {
        @Override
        DataSet of(DataSet good, Random random) {
            return good.sample(1);
        }
    },
    EVERYTHING_MASKED {
        @Override
        DataSet of(DataSet good, Random random) {
            INDArray labels = good.getLabels();
            long[] shape =
                    labels.rank() == 3 ? new long[] {labels.size(0), labels.size(2)} : new long[] {labels.size(0), 1};
            return new DataSet(good.getFeatures(), labels, null, Nd4j.zeros(labels.dataType(), shape));
        }
    },
    NAN_IN_THE_MASK {
        @Override
        DataSet of(DataSet good, Random random) {
            DataSet masked = EVERYTHING_MASKED.of(good, random);
            masked.getLabelsMaskArray().addi(1);
            masked.setLabelsMaskArray(put(masked.getLabelsMaskArray(), random, Double.NaN));
            return masked;
        }
    },
    MASK_OF_ANOTHER_LENGTH {
        @Override
        DataSet of(DataSet good, Random random) {
            long[] shape = {good.getLabels().size(0) + 1 + random.nextInt(3), 1};
            return new DataSet(
                    good.getFeatures(),
                    good.getLabels(),
                    null,
                    Nd4j.ones(good.getLabels().dataType(), shape));
        }
    };

    /** The bad batch; the good one stays as it is. */
    abstract DataSet of(DataSet good, Random random);

    private static DataSet with(DataSet good, INDArray features, INDArray labels) {
        return new DataSet(features, labels, good.getFeaturesMaskArray(), good.getLabelsMaskArray());
    }

    private static INDArray put(INDArray array, Random random, double value) {
        INDArray copy = array.dup('c');
        copy.reshape('c', new long[] {copy.length()}).putScalar(random.nextInt((int) copy.length()), value);
        return copy;
    }

    /** From where fourth powers overflow up to nearly the largest number of the type. */
    private static double huge(DataSet good, Random random) {
        int largest = good.getFeatures().dataType() == DataType.DOUBLE ? 307 : 37;
        return Math.pow(10, largest / 4 + random.nextInt(largest - largest / 4));
    }
}
