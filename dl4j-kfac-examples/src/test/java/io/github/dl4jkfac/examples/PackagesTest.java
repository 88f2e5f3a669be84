package io.github.dl4jkfac.examples;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/** Which package of the examples may know what. */
@AnalyzeClasses(
        packages = PackagesTest.ROOT,
        importOptions = {ImportOption.DoNotIncludeTests.class, PackagesTest.DoNotIncludeGenerated.class})
class PackagesTest {

    /** Leaves out what JMH makes of benchmarks. */
    static final class DoNotIncludeGenerated implements ImportOption {

        @Override
        public boolean includes(Location location) {
            return !location.contains("jmh_generated");
        }
    }

    static final String ROOT = "io.github.dl4jkfac.examples";

    /** Each package, and which others it may know. The commands and their options, in the root package, may know all of them. */
    private static final Map<String, Set<String>> MAY_KNOW = Map.ofEntries(
            Map.entry("failures", Set.of()),
            Map.entry("data", Set.of("failures")),
            Map.entry("optimizers", Set.of("failures")),
            Map.entry("models", Set.of("optimizers")),
            Map.entry("training", Set.of("models", "optimizers", "data", "failures")),
            Map.entry("tasks", Set.of("training", "models", "data")),
            Map.entry("report", Set.of("training", "models", "optimizers", "data", "failures")),
            Map.entry("bench", Set.of("report", "training", "models", "optimizers", "data")),
            Map.entry("quality", Set.of("report", "training", "models", "optimizers", "data", "failures")),
            Map.entry("headline", Set.of("tasks", "report", "training", "optimizers", "data", "failures")),
            Map.entry("scaling", Set.of("report")),
            Map.entry("kernels", Set.of("report")),
            Map.entry("spark", Set.of("report", "training", "optimizers", "data")),
            Map.entry("commandline", Set.of("report", "failures")));

    @ArchTest
    static final ArchRule packagesKnowOnlyWhatTheyMay = classes()
            .that()
            .resideOutsideOfPackage(ROOT)
            .should(new ArchCondition<>("know only the packages in the table above") {
                @Override
                public void check(JavaClass type, ConditionEvents events) {
                    for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                        JavaClass other = dependency.getTargetClass().getBaseComponentType();
                        if (other.getPackageName().startsWith(ROOT) && !mayKnow(part(type), part(other))) {
                            events.add(SimpleConditionEvent.violated(dependency, dependency.getDescription()));
                        }
                    }
                }
            });

    private static boolean mayKnow(String own, String other) {
        return own.equals(other) || MAY_KNOW.get(own).contains(other);
    }

    /** The package's name within the examples; the root's is empty. */
    private static String part(JavaClass type) {
        return type.getPackageName().equals(ROOT) ? "" : type.getPackageName().substring(ROOT.length() + 1);
    }

    @ArchTest
    static void theTableHasEveryPackage(JavaClasses classes) {
        assertThat(classes.stream().map(PackagesTest::part).filter(part -> !part.isEmpty()))
                .containsAll(MAY_KNOW.keySet())
                .isSubsetOf(MAY_KNOW.keySet());
    }

    @ArchTest
    static final ArchRule packagesAreFreeOfCycles =
            slices().matching(ROOT + ".(**)").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule onlyTheCommandLineKnowsPicocli = noClasses()
            .that()
            .resideOutsideOfPackages(ROOT, ROOT + ".commandline")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("picocli..");

    @ArchTest
    static final ArchRule onlyReportsAndStudiesDraw = noClasses()
            .that()
            .resideOutsideOfPackages(ROOT + ".report", ROOT + ".quality")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.knowm.xchart..");

    @ArchTest
    static void everyPackageSaysWhatItIsFor(JavaClasses classes) {
        classes.stream()
                .map(JavaClass::getPackageName)
                .distinct()
                .forEach(name -> assertThat(Path.of("src/main/java", name.replace('.', '/'), "package-info.java"))
                        .exists());
    }
}
