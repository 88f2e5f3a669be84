package io.github.dl4jkfac;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.Pages.Snippet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pages of the documentation hold what they promise: their Java compiles, and their links lead somewhere. */
class DocumentationTest {

    private static final Pattern LINK = Pattern.compile("!?\\[[^\\]]*\\]\\(([^)\\s]+)\\)");

    private static final Pattern TEST = Pattern.compile("-Dtest=(\\w+)");

    @TempDir
    Path classes;

    @Test
    void everySnippetOfJavaCompiles() throws IOException {
        List<Snippet> snippets = new ArrayList<>();
        for (Path page : Pages.all()) {
            snippets.addAll(Pages.snippets(page, "java"));
        }

        assertThat(snippets).isNotEmpty();
        assertThat(SnippetCompiler.compile(snippets, classes)).isEmpty();
    }

    @Test
    void everyRelativeLinkLeadsToAFileAndAHeadingThatExist() throws IOException {
        List<String> broken = new ArrayList<>();
        for (Path page : Pages.all()) {
            for (String target : relativeLinks(page)) {
                if (!leadsSomewhere(page, target)) {
                    broken.add(Pages.ROOT.relativize(page) + ": " + target);
                }
            }
        }

        assertThat(broken).isEmpty();
    }

    private static List<String> relativeLinks(Path page) throws IOException {
        return LINK.matcher(Pages.prose(page))
                .results()
                .map(link -> link.group(1))
                .filter(target -> !target.contains("://"))
                .toList();
    }

    private static boolean leadsSomewhere(Path page, String target) throws IOException {
        int hash = target.indexOf('#');
        String file = hash < 0 ? target : target.substring(0, hash);
        Path found = file.isEmpty() ? page : page.resolveSibling(file);
        if (!Files.exists(found)) {
            return false;
        }
        return hash < 0 || Pages.anchors(found).contains(target.substring(hash + 1));
    }

    @Test
    void everyPictureIsShownOnSomePage() throws IOException {
        List<String> links = new ArrayList<>();
        for (Path page : Pages.all()) {
            for (String target : relativeLinks(page)) {
                links.add(page.resolveSibling(target).normalize().toString());
            }
        }

        try (Stream<Path> pictures = Files.list(Pages.ROOT.resolve("docs/images"))) {
            assertThat(pictures.map(Path::toString)).isSubsetOf(links);
        }
    }

    @Test
    void everyTestThatACommandNamesExists() throws IOException {
        Set<String> named = new TreeSet<>();
        for (Path page : Pages.all()) {
            TEST.matcher(Files.readString(page)).results().forEach(test -> named.add(test.group(1)));
        }
        named.remove("SomeTest"); // stands for any

        assertThat(named).isNotEmpty().isSubsetOf(testClasses());
    }

    private static Set<String> testClasses() throws IOException {
        Set<String> names = new TreeSet<>();
        for (String module : List.of("dl4j-kfac-core", "dl4j-kfac-cuda", "dl4j-kfac-spark", "dl4j-kfac-examples")) {
            try (Stream<Path> files = Files.walk(Pages.ROOT.resolve(module).resolve("src/test/java"))) {
                files.map(file -> file.getFileName().toString())
                        .filter(name -> name.endsWith(".java"))
                        .forEach(name -> names.add(name.replace(".java", "")));
            }
        }
        return names;
    }
}
