package io.github.dl4jkfac.examples.data;

import io.github.dl4jkfac.examples.failures.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.deeplearning4j.common.resources.DL4JResources;
import org.deeplearning4j.common.resources.ResourceType;
import org.deeplearning4j.datasets.fetchers.Cifar10Fetcher;

/** Chooses small colour images: CIFAR-10 from where the user or DL4J keeps it, else generated ones. */
public final class CifarSource {

    /** Width and height of an image. */
    public static final int SIDE = 32;

    /** Bytes per pixel. */
    public static final int CHANNELS = 3;

    private static final String NAME = "cifar10";

    private CifarSource() {}

    /**
     * @param choice auto, cifar10 or shapes
     * @param place folder or zip file named by the user, or null
     * @param notice receives a line on what was chosen and why
     * @return the data
     * @throws UserError if the images are missing or damaged
     */
    public static LabelledSplit load(DataSets.Choice choice, Path place, Consumer<String> notice) {
        choice.require(DataSets.Choice.AUTO, DataSets.Choice.CIFAR10, DataSets.Choice.SHAPES);
        if (choice == DataSets.Choice.SHAPES) {
            DataSets.refuseFolder(choice, place);
            return ShapesSource.generate();
        }
        if (place != null) {
            return named(place);
        }
        Optional<LabelledSplit> found = cached();
        if (found.isPresent()) {
            return found.get();
        }
        if (choice == DataSets.Choice.CIFAR10) {
            throw new UserError("CIFAR-10 not found; name a folder or zip of its class folders with --data or "
                    + DataSets.FOLDER_VARIABLE + ", or take --dataset shapes");
        }
        notice.accept("CIFAR-10 not found: using the built-in SHAPES images instead");
        return ShapesSource.generate();
    }

    private static LabelledSplit named(Path place) {
        if (!Files.exists(place)) {
            throw new UserError("--data " + place + " does not exist; name a folder or a zip file");
        }
        return ClassFolders.in(place, NAME, SIDE)
                .orElseThrow(() -> new UserError(
                        "no CIFAR-10 in --data " + place + "; it must hold train/<label>/<image> and test/..."));
    }

    /** Looks where the environment variable points, and where DL4J's own fetcher unpacks CIFAR-10. */
    private static Optional<LabelledSplit> cached() {
        List<Path> folders = new ArrayList<>();
        DataSets.variable().ifPresent(folder -> folders.addAll(List.of(folder.resolve(NAME), folder)));
        folders.add(DL4JResources.getDirectory(ResourceType.DATASET, Cifar10Fetcher.LOCAL_CACHE_NAME)
                .toPath());
        return folders.stream()
                .filter(Files::isDirectory)
                .flatMap(folder -> ClassFolders.in(folder, NAME, SIDE).stream())
                .findFirst();
    }
}
