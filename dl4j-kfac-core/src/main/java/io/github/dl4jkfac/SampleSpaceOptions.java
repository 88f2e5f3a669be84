package io.github.dl4jkfac;

import io.github.dl4jkfac.samplespace.SampleMethod;
import io.github.dl4jkfac.samplespace.SampleSpaceKind;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import org.nd4j.shade.jackson.annotation.JsonAutoDetect;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * The options of {@link ExactFisher} but those that every updater has.
 *
 * @param curvature which matrix is inverted
 * @param tikhonov whether iEF's damping is that of its matrix
 * @param relativeDamping damping in units of the mean squared length of a sample's gradient, over N
 * @param layerWise whether each layer has a matrix of its own
 * @param reuse who gets the first epoch's coefficients; null for nobody
 * @param samplesPerEpoch length of the first epoch; 0 if nothing is reused
 * @param adaptiveDamping whether the damping follows how well the quadratic model foretells the objective
 * @param lineSearch whether steps are shortened until the objective falls
 * @serial exclude
 */
@JsonAutoDetect(
        fieldVisibility = JsonAutoDetect.Visibility.ANY,
        getterVisibility = JsonAutoDetect.Visibility.NONE,
        isGetterVisibility = JsonAutoDetect.Visibility.NONE)
record SampleSpaceOptions(
        @JsonProperty("curvature") Curvature curvature,
        @JsonProperty("tikhonov") boolean tikhonov,
        @JsonProperty("relativeDamping") double relativeDamping,
        @JsonProperty("layerWise") boolean layerWise,
        @JsonProperty("reuse") CoefficientReuse reuse,
        @JsonProperty("samplesPerEpoch") int samplesPerEpoch,
        @JsonProperty("adaptiveDamping") boolean adaptiveDamping,
        @JsonProperty("lineSearch") boolean lineSearch)
        implements Serializable {

    SampleSpaceOptions {
        require(curvature != null, "curvature must be set, got null");
        require(
                relativeDamping >= 0 && relativeDamping < Double.POSITIVE_INFINITY,
                "relativeDamping must be zero or positive, got " + relativeDamping);
        require(
                !tikhonov || curvature == Curvature.IMPROVED_EMPIRICAL_FISHER,
                "tikhonovDamping() is a form of Curvature.IMPROVED_EMPIRICAL_FISHER, got " + curvature);
        require(
                reuse == null || curvature == Curvature.EMPIRICAL_FISHER && layerWise,
                "coefficients are reused with Curvature.EMPIRICAL_FISHER and layerWise(), got " + curvature
                        + (layerWise ? "" : " for the whole network"));
        require(reuse == null || samplesPerEpoch >= 1, "samplesPerEpoch must be at least 1, got " + samplesPerEpoch);
        require(
                !adaptiveDamping
                        || curvature != Curvature.EMPIRICAL_FISHER && curvature != Curvature.IMPROVED_EMPIRICAL_FISHER,
                "adaptiveDamping() needs a Fisher matrix, of which a quadratic model can be made; got " + curvature);
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException("ExactFisher: " + message);
        }
    }

    SampleSpaceKind kind() {
        return new SampleSpaceKind(method(), relativeDamping, reuse == null ? null : reuse.sharing(), samplesPerEpoch);
    }

    private SampleMethod method() {
        return switch (curvature) {
            case SAMPLED_FISHER, RANDOM_SIGN_FISHER, EXACT_FISHER -> SampleMethod.FISHER;
            case EMPIRICAL_FISHER -> SampleMethod.EMPIRICAL_FISHER;
            case IMPROVED_EMPIRICAL_FISHER ->
                tikhonov ? SampleMethod.IMPROVED_EMPIRICAL_FISHER_TIKHONOV : SampleMethod.IMPROVED_EMPIRICAL_FISHER;
        };
    }

    List<Object> asList() {
        return Arrays.asList(
                curvature, tikhonov, relativeDamping, layerWise, reuse, samplesPerEpoch, adaptiveDamping, lineSearch);
    }
}
