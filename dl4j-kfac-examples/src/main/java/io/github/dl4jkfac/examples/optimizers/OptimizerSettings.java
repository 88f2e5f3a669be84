package io.github.dl4jkfac.examples.optimizers;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.nd4j.linalg.schedule.ISchedule;

/** What the user set for one optimizer; what is not set stays at the optimizer's own default. Immutable. */
public final class OptimizerSettings {

    /** Nothing set. */
    public static final OptimizerSettings DEFAULTS = new OptimizerSettings(Map.of());

    private final Map<Setting<?>, Object> values;

    private OptimizerSettings(Map<Setting<?>, Object> values) {
        this.values = Map.copyOf(values);
    }

    /**
     * @param setting which setting
     * @param value its new value, or null for the default
     * @param <T> type of the value
     * @return a copy
     */
    public <T> OptimizerSettings with(Setting<T> setting, T value) {
        Map<Setting<?>, Object> changed = new HashMap<>(values);
        if (value == null) {
            changed.remove(setting);
        } else {
            changed.put(setting, value);
        }
        return new OptimizerSettings(changed);
    }

    /**
     * @param settings which to keep
     * @return a copy without all others
     */
    public OptimizerSettings only(Collection<Setting<?>> settings) {
        Map<Setting<?>, Object> kept = new HashMap<>(values);
        kept.keySet().retainAll(settings);
        return new OptimizerSettings(kept);
    }

    /** @return the settings that are set */
    public Set<Setting<?>> settings() {
        return values.keySet();
    }

    /** Passes a value on, where it is set. */
    <T> void ifSet(Setting<T> setting, Consumer<? super T> receiver) {
        T value = get(setting, null);
        if (value != null) {
            receiver.accept(value);
        }
    }

    /** @return the value, or the given one where it is not set */
    @SuppressWarnings("unchecked") // with() is the only way in, and checks the type
    public <T> T get(Setting<T> setting, T standard) {
        return (T) values.getOrDefault(setting, standard);
    }

    /**
     * @param defaults what to take where nothing is set here
     * @return these settings, completed
     */
    public OptimizerSettings or(OptimizerSettings defaults) {
        Map<Setting<?>, Object> both = new HashMap<>(defaults.values);
        both.putAll(values);
        return new OptimizerSettings(both);
    }

    /** @return the learning rate over a run, where {@code standard} is the optimizer's own */
    ISchedule rate(double standard) {
        return schedule(get(Setting.LEARNING_RATE, standard));
    }

    /** @return a rate that starts at the given value and changes as the learning rate does */
    ISchedule schedule(double rate) {
        return schedule().from(rate);
    }

    /** @return how the learning rate changes */
    public Schedule schedule() {
        return get(Setting.SCHEDULE, Schedule.CONSTANT);
    }

    /** @return name and value of everything, as text in a fixed order; null values are defaults */
    public Map<String, String> asMap() {
        Map<String, String> map = new LinkedHashMap<>();
        Setting.ALL.forEach(setting -> map.put(setting.toString(), Setting.text(values.get(setting))));
        return map;
    }

    /** @return the set values as {@code name=value} in one line, or {@code defaults} */
    public String describe() {
        String set = asMap().entrySet().stream()
                .filter(entry -> entry.getValue() != null)
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .collect(Collectors.joining(" "));
        return set.isEmpty() ? "defaults" : set;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof OptimizerSettings settings && settings.values.equals(values);
    }

    @Override
    public int hashCode() {
        return values.hashCode();
    }

    @Override
    public String toString() {
        return describe();
    }
}
