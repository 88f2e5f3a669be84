package io.github.dl4jkfac.examples.training;

import io.github.dl4jkfac.Curvature;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.nd4j.linalg.schedule.ISchedule;

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
 * @param schedule how the learning rate changes over a run
 */
public record HyperParameters(
        Double learningRate,
        Double momentum,
        Double damping,
        Double klClip,
        Curvature curvature,
        Integer statisticsInterval,
        Integer inverseInterval,
        Schedule schedule) {

    /** Nothing set. */
    public static final HyperParameters DEFAULTS = new HyperParameters(null, null, null, null, null, null, null, null);

    /**
     * @param value the new learning rate, or null for the default
     * @return a copy
     */
    public HyperParameters withLearningRate(Double value) {
        return new HyperParameters(
                value, momentum, damping, klClip, curvature, statisticsInterval, inverseInterval, schedule);
    }

    /**
     * @param value the new momentum coefficient, or null for the default
     * @return a copy
     */
    public HyperParameters withMomentum(Double value) {
        return new HyperParameters(
                learningRate, value, damping, klClip, curvature, statisticsInterval, inverseInterval, schedule);
    }

    /**
     * @param value the new damping, or null for the default
     * @return a copy
     */
    public HyperParameters withDamping(Double value) {
        return new HyperParameters(
                learningRate, momentum, value, klClip, curvature, statisticsInterval, inverseInterval, schedule);
    }

    /**
     * @param value the new KL clip, or null for the default
     * @return a copy
     */
    public HyperParameters withKlClip(Double value) {
        return new HyperParameters(
                learningRate, momentum, damping, value, curvature, statisticsInterval, inverseInterval, schedule);
    }

    /**
     * @param value the new curvature, or null for the default
     * @return a copy
     */
    public HyperParameters withCurvature(Curvature value) {
        return new HyperParameters(
                learningRate, momentum, damping, klClip, value, statisticsInterval, inverseInterval, schedule);
    }

    /**
     * @param value the new interval of the statistics, or null for the default
     * @return a copy
     */
    public HyperParameters withStatisticsInterval(Integer value) {
        return new HyperParameters(
                learningRate, momentum, damping, klClip, curvature, value, inverseInterval, schedule);
    }

    /**
     * @param value the new interval of the inversions, or null for the default
     * @return a copy
     */
    public HyperParameters withInverseInterval(Integer value) {
        return new HyperParameters(
                learningRate, momentum, damping, klClip, curvature, statisticsInterval, value, schedule);
    }

    /**
     * @param value the new schedule, or null for the default
     * @return a copy
     */
    public HyperParameters withSchedule(Schedule value) {
        return new HyperParameters(
                learningRate, momentum, damping, klClip, curvature, statisticsInterval, inverseInterval, value);
    }

    /**
     * @param defaults what to take where nothing is set here
     * @return these settings, completed
     */
    HyperParameters or(HyperParameters defaults) {
        return new HyperParameters(
                or(learningRate, defaults.learningRate),
                or(momentum, defaults.momentum),
                or(damping, defaults.damping),
                or(klClip, defaults.klClip),
                or(curvature, defaults.curvature),
                or(statisticsInterval, defaults.statisticsInterval),
                or(inverseInterval, defaults.inverseInterval),
                or(schedule, defaults.schedule));
    }

    private static <T> T or(T value, T standard) {
        return value == null ? standard : value;
    }

    /** @return the learning rate over a run, where {@code standard} is the optimizer's own */
    ISchedule rate(double standard) {
        return schedule(or(learningRate, standard));
    }

    /** @return a rate that starts at the given value and changes as the learning rate does */
    ISchedule schedule(double rate) {
        return or(schedule, Schedule.CONSTANT).from(rate);
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
        map.put("schedule", text(schedule));
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
