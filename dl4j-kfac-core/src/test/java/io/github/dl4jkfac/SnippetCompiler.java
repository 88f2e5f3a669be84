package io.github.dl4jkfac;

import io.github.dl4jkfac.Pages.Snippet;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** Compiles the Java of the documentation: whole classes as they are, lines of a program inside of a class of their own. */
final class SnippetCompiler {

    private static final Pattern CLASS = Pattern.compile("(?m)^public (?:final )?class (\\w+)");

    /** Around each snippet: what a reader's program has already. A local variable of the snippet hides a field of that name. */
    private static final String BEFORE = String.join(
            "\n",
            "import io.github.dl4jkfac.*;",
            "import io.github.dl4jkfac.checkpoint.*;",
            "import io.github.dl4jkfac.diagnostics.*;",
            "import io.github.dl4jkfac.lean.*;",
            "import io.github.dl4jkfac.parallel.*;",
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
            "DataSetIterator train; DataSetIterator test; DataSet batch; int epochs; INDArray direction; org.deeplearning4j.core.storage.StatsStorage statsStorage;",
            "void run() throws Exception {",
            "");

    private static final String AFTER = "\n}}\n";

    private SnippetCompiler() {}

    /**
     * @param classes where the compiled classes go
     * @return what the compiler says against the snippets; empty if nothing
     */
    static String compile(List<Snippet> snippets, Path classes) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter said = new StringWriter();
        List<Source> sources = snippets.stream().map(Source::of).toList();
        List<String> options = List.of("-classpath", classPath(), "-d", classes.toString(), "-proc:none", "-nowarn");
        boolean compiled =
                compiler.getTask(said, null, null, options, null, sources).call();
        return compiled ? "" : "The compiler refuses snippets, named by page and number:\n" + said;
    }

    static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    /** A snippet as the source of a class. */
    private static final class Source extends SimpleJavaFileObject {

        private final String text;

        private Source(String name, String text) {
            super(URI.create("string:///" + name + ".java"), Kind.SOURCE);
            this.text = text;
        }

        static Source of(Snippet snippet) {
            Matcher whole = CLASS.matcher(snippet.text());
            if (whole.find()) {
                return new Source(whole.group(1), snippet.text());
            }
            String name = snippet.page().getFileName().toString().replaceAll("\\W", "_") + snippet.number();
            return new Source(name, String.format(BEFORE, name) + snippet.text() + AFTER);
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }
}
