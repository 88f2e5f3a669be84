package io.github.dl4jkfac.control;

import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.capture.probe.CurrentBatch;
import io.github.dl4jkfac.capture.probe.Doubles;
import io.github.dl4jkfac.capture.probe.LossProbe;
import io.github.dl4jkfac.step.NetworkStep;
import io.github.dl4jkfac.step.StepProposal;
import java.util.List;
import java.util.function.DoubleConsumer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.updater.UpdaterBlock.ParamState;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Tries a step on its own batch before it is taken, without momentum: parameters that have no curvature stay as they are meanwhile.
 *
 * <p>Line search: the step is halved until the objective falls by {@value #LEAST_SHARE} of what it promises to first order (Armijo);
 * after {@value #MOST_HALVINGS} times in vain it is left out.
 *
 * <p>Damping by the rule of Levenberg and Marquardt (Martens and Grosse 2015, sec. 6.5): every {@value #ADAPTATION_INTERVAL} steps the
 * change of the objective is divided by that of the quadratic model, M(-d) - M(0) = -&lt;d,V&gt; + d^T F_d d / 2. A ratio above 3/4
 * lowers the damping, one below 1/4 raises it, by the factor (19/20)^{@value #ADAPTATION_INTERVAL}.
 */
public final class TrialStep implements BatchController {

    /** Armijo's constant. */
    static final double LEAST_SHARE = 1e-4;

    static final int MOST_HALVINGS = 10;

    /** T1. */
    static final int ADAPTATION_INTERVAL = 5;

    private static final double ADAPTATION = Math.pow(19.0 / 20, ADAPTATION_INTERVAL);

    private final boolean searchesLine;
    private final boolean adaptsDamping;
    private final Model model;
    private final NetworkView network;
    private final FlatDirections directions;
    private final DoubleConsumer scaleDamping;
    private final NetworkStep step;

    private LossProbe probe;
    private MultiDataSet batch;

    /**
     * Makes the judge of a network's steps.
     *
     * @param searchesLine whether steps are shortened until the objective falls as much as they promise
     * @param adaptsDamping whether the damping follows how well the quadratic model foretells the objective
     * @param model a MultiLayerNetwork or ComputationGraph
     * @param network the same
     * @param parameters those that have curvature
     * @param scaleDamping multiplies all dampings with a factor
     * @param step is judged
     */
    public TrialStep(
            boolean searchesLine,
            boolean adaptsDamping,
            Model model,
            NetworkView network,
            List<ParamState> parameters,
            DoubleConsumer scaleDamping,
            NetworkStep step) {
        this.searchesLine = searchesLine;
        this.adaptsDamping = adaptsDamping;
        this.model = model;
        this.network = network;
        this.directions = new FlatDirections(model, network, parameters, DataType.DOUBLE);
        this.scaleDamping = scaleDamping;
        this.step = step;
    }

    @Override
    public void takeBatch() {
        forgetBatch();
        if (wantsBatch()) {
            batch = CurrentBatch.atHand(model);
        }
    }

    @Override
    public boolean wantsBatch() {
        return searchesLine || adapts();
    }

    private boolean adapts() {
        return adaptsDamping && step.steps() % ADAPTATION_INTERVAL == 0;
    }

    private void forgetBatch() {
        if (batch != null) {
            Doubles.close(batch);
            batch = null;
        }
    }

    @Override
    @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
    public Coefficients control(StepProposal proposal) {
        if (!wantsBatch()) {
            return Coefficients.ALL;
        }
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            if (probe == null) {
                probe = LossProbe.of(model);
            }
            // closed at once: each is as long as the network, and the garbage collector comes seldom
            try (INDArray here = Doubles.of(model.params());
                    INDArray direction = directions.step(proposal);
                    INDArray there = here.dup()) {
                Line line = new Line(here, direction, there, loss(here));
                return Coefficients.ofShare(judged(line, proposal.descent(), proposal.squaredLength()));
            }
        } finally {
            forgetBatch();
        }
    }

    /**
     * The objective along the step.
     *
     * @param start where the parameters are
     * @param direction d, which is to be subtracted
     * @param there room for where a share of the step leads
     * @param loss at the start
     */
    private record Line(INDArray start, INDArray direction, INDArray there, double loss) {}

    /** The objective's change by a share of the step. */
    private double change(Line line, double share) {
        line.there.assign(line.direction).muli(-share).addi(line.start);
        return loss(line.there) - line.loss;
    }

    private double judged(Line line, double descent, double squaredLength) {
        double changeOfAll = change(line, 1);
        if (adapts()) {
            scaleDamping.accept(adaptation(changeOfAll, -descent + squaredLength / 2));
        }
        return searchesLine ? shortened(line, changeOfAll, descent) : 1;
    }

    private double loss(INDArray parameters) {
        return probe.loss(parameters, batch, network.iteration(), network.epoch());
    }

    /**
     * What the damping is to be multiplied with.
     *
     * @param change of the objective
     * @param foretold change of the quadratic model; not negative where the learning rate is too long for it to say anything
     */
    static double adaptation(double change, double foretold) {
        double ratio = change / foretold;
        if (!(foretold < 0) || ratio >= 0.25 && ratio <= 0.75) {
            return 1;
        }
        return ratio > 0.75 ? ADAPTATION : 1 / ADAPTATION; // the latter if it is not a number, too
    }

    private double shortened(Line line, double changeOfAll, double descent) {
        double share = 1;
        double change = changeOfAll;
        for (int halving = 0; !(change <= -LEAST_SHARE * share * descent); halving++) {
            if (halving == MOST_HALVINGS) {
                return 0;
            }
            share /= 2;
            change = change(line, share);
        }
        return share;
    }
}
