package io.github.dl4jkfac.diagnostics;

/**
 * How an automatic step has been controlled: d = alpha U + mu m, where U is the preconditioned gradient and m the last step, both in units
 * of the learning rate (Martens and Grosse 2015, sec. 6.4 to 7).
 *
 * @param alpha of the step as it was taken
 * @param momentum mu of the step as it was taken
 * @param curvature U^T G U / &lt;U,V&gt;, averaged over the last measurements; its inverse is the model's own alpha without momentum
 * @param region bound of d^T G d; infinite if there is none
 * @param share of the model's step that is taken; below one where the loss has stopped falling
 * @param measured whether the model was measured at this step; the next three are NaN or zero if not, and where no
 *     share of the step that was tried lowered the objective
 * @param promised how much the model says that the objective falls
 * @param decrease how much it falls on the part of the batch that was looked at
 * @param halvings how often the step had to be halved before it made the objective no worse
 * @param rejected how many such halvings there have been since the network was bound
 */
public record StepControl(
        double alpha,
        double momentum,
        double curvature,
        double region,
        double share,
        boolean measured,
        double promised,
        double decrease,
        int halvings,
        long rejected) {

    /** {@return rho, the decrease in units of the promised one; NaN if the model was not measured} */
    public double ratio() {
        return decrease / promised;
    }
}
