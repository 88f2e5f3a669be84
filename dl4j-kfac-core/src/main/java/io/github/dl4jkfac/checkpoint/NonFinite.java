package io.github.dl4jkfac.checkpoint;

import io.github.dl4jkfac.arrays.Finite;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Finds NaN and infinity in what is saved or read. */
final class NonFinite {

    private NonFinite() {}

    /** @return which parameters or state are not finite, as the subject of a sentence; null if all are finite */
    static String in(Network network) {
        if (!isFinite(network.model().params())) {
            for (Map.Entry<String, INDArray> parameter :
                    network.model().paramTable().entrySet()) {
                if (!isFinite(parameter.getValue())) {
                    return "parameter '" + parameter.getKey() + "' has NaN or infinite values";
                }
            }
            return "its parameters have NaN or infinite values";
        }
        INDArray state = network.state();
        return state == null || isFinite(state) ? null : "the state of its updater has NaN or infinite values";
    }

    private static boolean isFinite(INDArray array) {
        if (array.isEmpty() || Finite.isFinite(array)) {
            return true;
        }
        // the sum overflows for finite entries that are very large
        for (long i = 0; i < array.length(); i++) {
            if (!Double.isFinite(array.getDouble(i))) {
                return false;
            }
        }
        return true;
    }
}
