package io.github.dl4jkfac.diagnostics;

import static io.github.dl4jkfac.testing.TestNetworks.batch;
import static io.github.dl4jkfac.testing.TestNetworks.dense;
import static io.github.dl4jkfac.testing.TestNetworks.fit;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.oneHot;
import static io.github.dl4jkfac.testing.TestNetworks.output;
import static io.github.dl4jkfac.testing.TestNetworks.sequence;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.deeplearning4j.core.storage.StatsStorage;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.ui.model.storage.InMemoryStatsStorage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

/**
 * What a browser shows of the figures: under each name its own curve. Runs where there are a Chromium and DL4J's UI server, which the
 * profile {@code ui} brings. With {@code -Dtest.screenshots=FOLDER} the pages are kept as pictures.
 */
class TrainingUiBrowserTest {

    private static final String SERVER = "org.deeplearning4j.ui.api.UIServer";
    private static final String PORT = "org.deeplearning4j.ui.port";

    @TempDir
    Path folder;

    private final HttpClient client = HttpClient.newHttpClient();
    private Object server;
    private Path chromium;
    private String site;

    @BeforeEach
    void start() throws Exception {
        chromium = Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":"))
                .flatMap(place -> Stream.of("chromium", "chromium-browser", "google-chrome")
                        .map(name -> Path.of(place, name)))
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(null);
        assumeTrue(chromium != null, "no Chromium");
        Class<?> type;
        try {
            type = Class.forName(SERVER);
        } catch (ClassNotFoundException e) {
            assumeTrue(false, "no UI server; run with -Pui");
            return;
        }
        try (ServerSocket free = new ServerSocket(0)) {
            System.setProperty(PORT, String.valueOf(free.getLocalPort()));
        }
        site = "http://127.0.0.1:" + System.getProperty(PORT);
        server = type.getMethod("getInstance").invoke(null);
    }

    @AfterEach
    void stop() throws Exception {
        if (server != null) {
            Class.forName(SERVER).getMethod("stop").invoke(server);
            System.clearProperty(PORT);
        }
    }

    @Test
    void underEachNameIsItsOwnCurve() throws Exception {
        StatsStorage storage = new InMemoryStatsStorage();
        Class.forName(SERVER).getMethod("attach", StatsStorage.class).invoke(server, storage);
        MultiLayerNetwork network = sequence(
                settings(new Adam(0.01)), // of plain gradient descent two of the curves would be the same
                dense(4, 5, Activation.TANH).build(),
                output(5, 3, Activation.SOFTMAX, new LossMCXENT()).build());
        TrainingUi ui = new TrainingUi(storage, "quality");
        QualityListener quality =
                QualityListener.builder().interval(1).reporter(ui).build();
        network.addListeners(quality);
        for (int step = 0; step < 40; step++) {
            fit(network, batch(normal(step, 8, 4), oneHot(8, 3)));
        }
        List<ToDoubleFunction<QualityReport>> figures = List.of(
                QualityReport::relative,
                QualityReport::relativeOfNatural,
                QualityReport::cosineToNatural,
                QualityReport::cosineToGradient);
        assertThat(figures.stream().map(figure -> values(quality, figure)))
                .as("curves that can be told from each other")
                .doesNotHaveDuplicates();
        for (int i = 0; i < figures.size(); i++) {
            String session = ui.sessions().get(i);
            get("/train/sessions/set/" + session);
            String page = browser("--dump-dom");
            assertThat(selected(page)).as("session that the page names").isEqualTo(session);
            assertThat(page)
                    .as("no choice of workers")
                    .containsPattern("id=\"workerSelectDiv\" style=\"[^\"]*display: ?none");
            List<Double> drawn = scores(get("/train/overview/data"));
            List<Double> expected = values(quality, figures.get(i));
            assertThat(drawn).hasSameSizeAs(expected);
            for (int k = 0; k < drawn.size(); k++) {
                assertThat(drawn.get(k)).isCloseTo(expected.get(k), org.assertj.core.data.Offset.offset(1e-6));
            }
            keepPicture(session);
        }
    }

    private String get(String path) throws IOException, InterruptedException {
        return client.send(HttpRequest.newBuilder(URI.create(site + path)).build(), BodyHandlers.ofString())
                .body();
    }

    private static List<Double> values(QualityListener quality, ToDoubleFunction<QualityReport> figure) {
        return quality.history().stream().map(figure::applyAsDouble).toList();
    }

    private static List<Double> scores(String json) {
        Matcher scores = Pattern.compile("\"scores\"\\s*:\\s*\\[([^\\]]*)\\]").matcher(json);
        assertThat(scores.find()).as(json).isTrue();
        return Arrays.stream(scores.group(1).split(",")).map(Double::valueOf).toList();
    }

    private static String selected(String page) {
        Matcher option = Pattern.compile("<option value=\"([^\"]*)\" selected").matcher(page);
        assertThat(option.find()).as("a session is selected").isTrue();
        return option.group(1);
    }

    private void keepPicture(String name) throws Exception {
        String pictures = System.getProperty("test.screenshots");
        if (pictures != null) {
            browser("--window-size=1400,900", "--screenshot=" + Path.of(pictures, name + ".png"));
        }
    }

    private String browser(String... what) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                chromium.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--user-data-dir=" + Files.createTempDirectory(folder, "profile"),
                "--virtual-time-budget=6000"));
        command.addAll(List.of(what));
        command.add(site + "/train/overview");
        Path page = Files.createTempFile(folder, "page", ".html");
        Process process = new ProcessBuilder(command)
                .redirectOutput(page.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            assertThat(process.waitFor(2, TimeUnit.MINUTES))
                    .as("the browser ends")
                    .isTrue();
        } finally {
            process.destroyForcibly();
        }
        return Files.readString(page);
    }
}
