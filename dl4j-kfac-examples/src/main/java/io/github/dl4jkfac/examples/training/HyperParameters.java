package io.github.dl4jkfac.examples.training;

import io.github.dl4jkfac.Curvature;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What the user set for one optimizer; null means the optimizer's own default.
 *
 * @param learningRate step size
 * @param momentum momentum coefficient (nesterovs, kfac)
 * @param damping damping of the curvature (kfac)
 * @param klClip bound on the step's KL divergence (kfac)
 * @param curvature which Fisher matrix (kfac)
 * @param statisticsInterval steps between updates of the statistics (kfac)
 * @param inverseInterval steps between inversions (kfac)
 */
public record HyperParameters(
        Double learningRate,
        Double momentum,
        Double damping,
        Double klClip,
        Curvature curvature,
        Integer statisticsInterval,
        Integer inverseInterval) {

    /** Nothing set. */
    public static final HyperParameters DEFAULTS = new HyperParameters(null, null, null, null, null, null, null);

    /**
     * @param value the new learning rate, or null for the default
     * @return a copy
     */
    public HyperParameters withLearningRate(Double value) {
        return new HyperParameters(value, momentum, damping, klClip, curvature, statisticsInterval, inverseInterval);
    }

    /**
     * @param value the new momentum coefficient, or null for the default
     * @return a copy
     */
    public HyperParameters withMomentum(Double value) {
        return new HyperParameters(
                learningRate, value, damping, klClip, curvature, statisticsInterval, inverseInterval);
    }

    /**
     * @param value the new damping, or null for the default
     * @return a copy
     */
    public HyperParameters withDamping(Double value) {
        return new HyperParameters(
                learningRate, momentum, value, klClip, curvature, statisticsInterval, inverseInterval);
    }

    /**
     * @param value the new KL clip, or null for the default
     * @return a copy
     */
    public HyperParameters withKlClip(Double value) {
        return new HyperParameters(
                learningRate, momentum, damping, value, curvature, statisticsInterval, inverseInterval);
    }

    /**
     * @param value the new curvature, or null for the default
     * @return a copy
     */
    public HyperParameters withCurvature(Curvature value) {
        return new HyperParameters(learningRate, momentum, damping, klClip, value, statisticsInterval, inverseInterval);
    }

    /**
     * @param value the new interval of the statistics, or null for the default
     * @return a copy
     */
    public HyperParameters withStatisticsInterval(Integer value) {
        return new HyperParameters(learningRate, momentum, damping, klClip, curvature, value, inverseInterval);
    }

    /**
     * @param value the new interval of the inversions, or null for the default
     * @return a copy
     */
    public HyperParameters withInverseInterval(Integer value) {
        return new HyperParameters(learningRate, momentum, damping, klClip, curvature, statisticsInterval, value);
    }

    /** @return name and value of everything, as text in a fixed order; null values are defaults */
    public Map<String, String> asMap() {
        Map<String, String> map = new LinkedHashMap<>();
        map.put("learning_rate", text(learningRate));
        map.put("momentum", text(momentum));
        map.put("damping", text(damping));
        map.put("kl_clip", text(klClip));
        map.put("curvature", text(curvature));
        map.put("statistics_interval", text(statisticsInterval));
        map.put("inverse_interval", text(inverseInterval));
        return map;
    }

    private static String text(Object value) {
        return value == null ? null : value.toString().toLowerCase(Locale.ROOT);
    }

    /** @return the set values as {@code name=value} in one line, or {@code defaults} */
    public String describe() {
        String set = asMap().entrySet().stream()
                .filter(entry -> entry.getValue() != null)
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .collect(Collectors.joining(" "));
        return set.isEmpty() ? "defaults" : set;
    }
}
