package io.github.dl4jkfac.spark;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.UUID;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.util.ModelSerializer;

/**
 * A network on its way to the executors.
 *
 * @param training a name that no other training has
 * @param graph whether it is a ComputationGraph
 * @param model as DL4J saves it, without updater state
 * @param layout of its parameters and blocks
 */
record SharedNetwork(String training, boolean graph, byte[] model, long layout) implements Serializable {

    static SharedNetwork of(Model model, long layout) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            ModelSerializer.writeModel(model, bytes, false);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new SharedNetwork(
                UUID.randomUUID().toString(), model instanceof ComputationGraph, bytes.toByteArray(), layout);
    }
}
