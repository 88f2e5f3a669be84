package io.github.dl4jkfac.session;

import io.github.dl4jkfac.capture.DerivativeSource;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.control.AutomaticStep;
import io.github.dl4jkfac.control.BatchController;
import io.github.dl4jkfac.control.DampingFactor;
import io.github.dl4jkfac.control.DirectionKind;
import io.github.dl4jkfac.control.TrialStep;
import io.github.dl4jkfac.plan.Method;
import io.github.dl4jkfac.step.NetworkStep;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.updater.UpdaterBlock.ParamState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses who looks at the steps of a network before they are taken. */
final class Controllers {

    private static final Logger LOG = LoggerFactory.getLogger(Controllers.class);

    private Controllers() {}

    /** Null if steps are taken as their bound leaves them. */
    static BatchController of(Method method, Model model, NetworkView network, Binding binding, NetworkStep step) {
        if (method.searchesLine() || method.adaptsDamping()) {
            return new TrialStep(
                    method.searchesLine(),
                    method.adaptsDamping(),
                    model,
                    network,
                    parameters(binding),
                    new DampingFactor(binding.scalars())::scale,
                    step);
        }
        if (!method.hyperparameters().step().automatic() || binding.groups().isEmpty()) {
            return null;
        }
        String obstacle = network.obstacleTo(DerivativeSource.MODEL_TARGETS);
        if (obstacle != null) {
            LOG.warn(
                    "{} bounds its steps by klClip({}) instead of measuring how long they can be: {}.",
                    method.name(),
                    method.hyperparameters().step().klClip(),
                    obstacle);
            return null;
        }
        boolean keepsRows = binding.groups().stream().anyMatch(CurvatureGroup::keepsRows);
        DirectionKind kind = method.isInUnitsOfObjective() ? DirectionKind.NEWTON : DirectionKind.SCALED;
        return new AutomaticStep(
                model, network, parameters(binding), binding.scalars(), keepsRows ? DirectionKind.OF_ONE_BATCH : kind);
    }

    /** Those that have curvature. */
    private static List<ParamState> parameters(Binding binding) {
        Set<ParamState> parameters = Collections.newSetFromMap(new IdentityHashMap<>()); // they compare their arrays
        binding.groups().stream()
                .flatMap(group -> group.members().stream())
                .flatMap(member -> member.parameters().stream())
                .forEach(parameters::add);
        return List.copyOf(parameters);
    }
}
