package io.github.dl4jkfac.state;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * One layer's part of DL4J's flat updater state view, all of it views: the momentum of every block, the number of steps, and for
 * every block what it keeps.
 */
public final class LayerState {

    private final INDArray view;
    private final Counter steps;
    private final INDArray scalars;
    private final StateLabel label;
    private final List<BlockState> blocks = new ArrayList<>();

    /**
     * Sees a state view as the slices of one layer; nothing is written.
     *
     * @param layout the sizes of the slices
     * @param view flat state view of one updater block, at least as long as {@code layout} asks for
     * @throws IllegalStateException if the view is null or shorter
     */
    public LayerState(StateLayout layout, INDArray view) {
        if (!fits(layout, view)) {
            long needed = needed(layout);
            throw new IllegalStateException(
                    "Updater state of " + layout + " holds " + (view == null ? 0 : view.length()) + " numbers, needs "
                            + needed + ". The model's configuration and its updater state do not belong together.");
        }
        this.view = view.reshape(view.length());
        this.steps = new Counter(this.view, layout.parameters());
        long momentum = 0;
        long start = layout.parameters() + Counter.SIZE;
        this.scalars = this.view.get(NDArrayIndex.interval(start, start + NetworkScalars.SIZE));
        start += NetworkScalars.SIZE;
        for (BlockLayout block : layout.blocks()) {
            blocks.add(new BlockState(block, this.view, momentum, start));
            momentum += block.parameters();
            start += BlockState.COUNTERS + block.curvatureSize();
        }
        this.label = new StateLabel(this.view, start);
    }

    private static long needed(StateLayout layout) {
        return layout.parameters() + layout.curvatureSize();
    }

    /**
     * Tells whether a state view has room for a layout. It has none where the layer has been resized since the layout was written.
     *
     * @param layout the sizes of the slices
     * @param view flat state view of one updater block, or null
     * @return whether it is long enough
     */
    public static boolean fits(StateLayout layout, INDArray view) {
        return view != null && view.length() >= needed(layout);
    }

    /** Zeroes everything: no momentum, no statistics, no inverses. */
    public void clear() {
        view.assign(0);
    }

    /** This layer's copy of what holds for the whole network. */
    INDArray scalars() {
        return scalars;
    }

    /**
     * Writes who makes the state.
     *
     * @param maker name and options of the updater
     */
    public void sign(String maker) {
        label.write(maker);
    }

    /**
     * Tells who made the state.
     *
     * @param expected who should have
     * @return null if it was the one expected, or if nobody has signed; what the label says otherwise
     */
    public String strangerTo(String expected) {
        return label.says(expected) || label.isBlank() ? null : label.read();
    }

    /** {@return whether the state has been through a type too small for it, such as HALF, and means nothing any more} */
    public boolean isCoarsened() {
        return !label.isFinite();
    }

    /** {@return whether the state does not tell who made it} */
    public boolean isUnsigned() {
        return label.isBlank();
    }

    /** {@return whether nothing has been written into it} */
    public boolean isBlank() {
        for (long i = 0; i < view.length(); i++) {
            if (view.getDouble(i) != 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Takes over all that another state keeps.
     *
     * @param other a state whose layout has the same contents
     */
    public void copy(LayerState other) {
        setSteps(other.steps());
        scalars.assign(other.scalars);
        for (int i = 0; i < blocks.size(); i++) {
            blocks.get(i).copy(other.blocks.get(i));
        }
    }

    /** {@return the blocks' states, in the layout's order} */
    public List<BlockState> blocks() {
        return blocks;
    }

    /** {@return the number of steps taken} */
    public long steps() {
        return steps.get();
    }

    /**
     * Writes the number of steps taken.
     *
     * @param number the number
     */
    public void setSteps(long number) {
        steps.set(number);
    }

    /**
     * Names all slices, for tools that inspect an updater's state.
     *
     * @return views, not copies; where the layer has several blocks the names begin with the block's number
     */
    public Map<String, INDArray> asMap() {
        Map<String, INDArray> map = new LinkedHashMap<>();
        for (int i = 0; i < blocks.size(); i++) {
            String prefix = blocks.size() == 1 ? "" : i + ".";
            map.put(prefix + "momentum", blocks.get(i).momentum());
            blocks.get(i).matrices().forEach((name, slice) -> map.put(prefix + name, slice));
        }
        return map;
    }
}
