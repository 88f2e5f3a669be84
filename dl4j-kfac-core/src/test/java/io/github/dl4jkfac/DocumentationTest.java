package io.github.dl4jkfac;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.Pages.Snippet;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pages of the documentation hold what they promise: their Java compiles, and their links lead somewhere. */
class DocumentationTest {

    private static final Pattern LINK = Pattern.compile("!?\\[[^\\]]*\\]\\(([^)\\s]+)\\)");

    private static final Pattern TEST = Pattern.compile("-Dtest=(\\w+)");

    /** Around each snippet: what a reader's program has already. A local variable of the snippet hides a field of that name. */
    private static final String BEFORE = String.join(
            "\n",
            "import io.github.dl4jkfac.*;",
            "import io.github.dl4jkfac.checkpoint.*;",
            "import io.github.dl4jkfac.diagnostics.*;",
            "import java.nio.file.Path;",
            "import java.time.Duration;",
            "import java.util.*;",
            "import org.deeplearning4j.nn.conf.*;",
            "import org.deeplearning4j.nn.conf.layers.*;",
            "import org.deeplearning4j.nn.graph.ComputationGraph;",
            "import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;",
            "import org.nd4j.linalg.activations.Activation;",
            "import org.nd4j.linalg.api.ndarray.INDArray;",
            "import org.nd4j.linalg.dataset.DataSet;",
            "import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;",
            "import org.nd4j.linalg.learning.config.*;",
            "import org.nd4j.linalg.schedule.*;",
            "class %s {",
            "MultiLayerNetwork net; ComputationGraph graph; KFacListener listener;",
            "DataSetIterator train; DataSet batch; int epochs; INDArray direction;",
            "void run() throws Exception {",
            "");

    private static final String AFTER = "\n}}\n";

    @TempDir
    Path classes;

    @Test
    void everySnippetOfJavaCompiles() throws IOException {
        Map<String, Snippet> byClass = new TreeMap<>();
        for (Path page : Pages.all()) {
            for (Snippet snippet : Pages.snippets(page, "java")) {
                String name = page.getFileName().toString().replaceAll("\\W", "_") + snippet.number();
                byClass.put(name, snippet);
            }
        }

        assertThat(byClass).as("snippets").isNotEmpty();
        assertThat(compile(byClass)).isEmpty();
    }

    /** What the compiler says against the snippets; empty if nothing. */
    private String compile(Map<String, Snippet> byClass) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter said = new StringWriter();
        List<JavaFileObject> sources = new ArrayList<>();
        byClass.forEach((name, snippet) -> sources.add(new Source(name, snippet)));
        List<String> options = List.of("-classpath", classPath(), "-d", classes.toString(), "-proc:none", "-nowarn");
        boolean compiled =
                compiler.getTask(said, null, null, options, null, sources).call();
        return compiled ? "" : "The compiler refuses snippets, named by page and number:\n" + said;
    }

    private static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    /** A snippet as the source of a class. */
    private static final class Source extends SimpleJavaFileObject {

        private final String text;

        Source(String name, Snippet snippet) {
            super(URI.create("string:///" + name + ".java"), Kind.SOURCE);
            text = String.format(BEFORE, name) + snippet.text() + AFTER;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
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
        for (String module : List.of("dl4j-kfac-core", "dl4j-kfac-examples")) {
            try (Stream<Path> files = Files.walk(Pages.ROOT.resolve(module).resolve("src/test/java"))) {
                files.map(file -> file.getFileName().toString())
                        .filter(name -> name.endsWith(".java"))
                        .forEach(name -> names.add(name.replace(".java", "")));
            }
        }
        return names;
    }
}
