package io.github.dl4jkfac.checkpoint;

import java.nio.file.Path;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;

/**
 * What a checkpoint holds.
 *
 * @param <T> kind of network
 * @param network the network with its updater's state, its counters and, where it has an updater of this library, its listener
 * @param notes what the user saved along; not modifiable
 * @param file the file that was read
 */
public record Checkpoint<T extends Model>(T network, Map<String, String> notes, Path file) {}
