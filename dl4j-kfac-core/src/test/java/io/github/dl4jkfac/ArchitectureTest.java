package io.github.dl4jkfac;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaConstructorCall;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Which package may know what. */
@AnalyzeClasses(packages = ArchitectureTest.ROOT, importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    static final String ROOT = "io.github.dl4jkfac";
    private static final String CAPTURE = ROOT + ".capture..";
    private static final String LEAN = ROOT + ".lean..";
    private static final String CURVATURE = ROOT + ".curvature..";
    private static final String SAMPLESPACE = ROOT + ".samplespace..";
    private static final String SOLVE = ROOT + ".solve..";
    private static final String STEP = ROOT + ".step..";
    private static final String STATE = ROOT + ".state..";
    private static final String ARRAYS = ROOT + ".arrays..";

    @ArchTest
    static final ArchRule onlyCaptureKnowsLiveLayers = noClasses()
            .that()
            .resideOutsideOfPackages(CAPTURE, LEAN)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.deeplearning4j.nn.layers..");

    @ArchTest
    static final ArchRule onlyCaptureKnowsLayerConfigurations = noClasses()
            .that()
            .resideOutsideOfPackages(CAPTURE, LEAN)
            .should()
            .dependOnClassesThat(resideInAPackage("org.deeplearning4j.nn.conf.layers.."));

    private static DescribedPredicate<JavaClass> named(String name) {
        return DescribedPredicate.describe(
                "is " + name, type -> type.getSimpleName().equals(name));
    }

    @ArchTest
    static final ArchRule onlySolveKnowsNativeLinearAlgebra = noClasses()
            .that()
            .resideOutsideOfPackage(SOLVE)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.bytedeco..");

    /** Users have slf4j 1.7 or 2; what came with 2 returns types of this package. */
    @ArchTest
    static final ArchRule loggingWorksWithBothGenerationsOfSlf4j =
            noClasses().should().dependOnClassesThat().resideInAPackage("org.slf4j.spi..");

    /**
     * Each package, and which others it may know: only such as stand above it in this table. Checkpoints and parallel training may know the
     * entry package, "", as well.
     */
    private static final Map<String, Set<String>> MAY_KNOW = Map.ofEntries(
            may("arrays"),
            may("state"),
            may("solve"),
            may("lean", "arrays"),
            may("curvature.rows", "arrays", "solve"),
            may("curvature", "curvature.rows", "arrays", "solve", "state"),
            may("curvature.kronecker", "curvature", "curvature.rows", "arrays", "solve", "state"),
            may("curvature.eigen", "curvature.kronecker", "curvature", "curvature.rows", "arrays", "solve", "state"),
            may("curvature.chain", "curvature.kronecker", "curvature", "curvature.rows", "arrays", "solve", "state"),
            may("curvature.diagonal", "curvature", "curvature.rows", "arrays", "state"),
            may("samplespace", "curvature", "curvature.rows", "arrays", "solve", "state"),
            may("step", "curvature", "arrays", "solve", "state"),
            may("capture.likelihood", "arrays"),
            may("capture.layers", "lean", "curvature", "curvature.rows", "arrays"),
            may("capture", "lean", "capture.layers", "capture.likelihood", "curvature", "curvature.rows", "arrays"),
            may("capture.probe", "capture", "capture.likelihood", "arrays"),
            may("diagnostics", "capture.probe"),
            may("control", "capture", "capture.probe", "diagnostics", "state", "step"),
            may(
                    "plan",
                    "capture",
                    "capture.layers",
                    "curvature",
                    "curvature.rows",
                    "curvature.kronecker",
                    "curvature.chain",
                    "state",
                    "step"),
            may(
                    "session",
                    "plan",
                    "control",
                    "diagnostics",
                    "capture",
                    "capture.probe",
                    "curvature",
                    "curvature.rows",
                    "arrays",
                    "solve",
                    "state",
                    "step"),
            may("parallel", "", "session"),
            may("checkpoint", "", "arrays"));

    private static Map.Entry<String, Set<String>> may(String part, String... others) {
        return Map.entry(part, Set.of(others));
    }

    private static final Set<String> BESIDE_THE_ENTRY = Set.of("checkpoint", "parallel");

    /** The entry package, whose name within the library is empty, knows all of them but those that know it. */
    @ArchTest
    static final ArchRule packagesKnowOnlyWhatTheyMay = classes()
            .should(new ArchCondition<>("know only the packages in the table above") {
                @Override
                public void check(JavaClass type, ConditionEvents events) {
                    String own = part(type);
                    for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                        JavaClass other = dependency.getTargetClass().getBaseComponentType();
                        if (other.getPackageName().startsWith(ROOT) && !mayKnow(own, part(other))) {
                            events.add(SimpleConditionEvent.violated(dependency, dependency.getDescription()));
                        }
                    }
                }
            });

    private static boolean mayKnow(String own, String other) {
        return own.equals(other)
                || (own.isEmpty()
                        ? !BESIDE_THE_ENTRY.contains(other)
                        : MAY_KNOW.get(own).contains(other));
    }

    /** The package's name within the library. */
    private static String part(JavaClass type) {
        return type.getPackageName().equals(ROOT) ? "" : type.getPackageName().substring(ROOT.length() + 1);
    }

    @ArchTest
    static void theTableHasEveryPackage(JavaClasses classes) {
        assertThat(classes.stream().map(ArchitectureTest::part).filter(part -> !part.isEmpty()))
                .containsAll(MAY_KNOW.keySet())
                .isSubsetOf(MAY_KNOW.keySet());
    }

    @ArchTest
    static final ArchRule packagesAreFreeOfCycles =
            slices().matching(ROOT + ".(**)").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule onlyThoseWhoTouchNetworksKnowDL4J = noClasses()
            .that()
            .resideInAnyPackage(CURVATURE, SAMPLESPACE, STEP, STATE, SOLVE, ARRAYS)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.deeplearning4j..");

    /** Along dimensions of size 1 ND4J's own reductions do nothing, or give null. */
    private static final Set<String> REDUCTIONS = Set.of(
            ("sum mean norm1 norm2 normmax max min amax amin amean asum argMax argMin std var prod cumsum cumsumi cumprod"
                            + " entropy shannonEntropy logEntropy squaredNorm median percentile any all none scan logSumExp"
                            + " standardize averageAndPropagate accumulate cosineSim euclideanDistance manhattanDistance"
                            + " hammingDistance jaccardDistance allCosineSimilarities allEuclideanDistances"
                            + " allManhattanDistances isMax")
                    .split(" "));

    @ArchTest
    static final ArchRule onlyReductionsReducesAlongDimensions = noClasses()
            .that()
            .resideOutsideOfPackage(ARRAYS)
            .should()
            .callMethodWhere(DescribedPredicate.describe(
                    "it is a reduction of ND4J along dimensions", ArchitectureTest::reducesAlongDimensions))
            .orShould()
            .callConstructorWhere(DescribedPredicate.describe(
                    "it is a reducing operation of ND4J", ArchitectureTest::makesReducingOperation));

    /** Transforms.max(x, y) and the like take no dimensions. */
    private static boolean reducesAlongDimensions(JavaMethodCall call) {
        AccessTarget target = call.getTarget();
        boolean dimensions = call.getTarget().getRawParameterTypes().stream()
                .anyMatch(type -> type.isEquivalentTo(int[].class) || type.isEquivalentTo(int.class));
        return target.getOwner().getPackageName().startsWith("org.nd4j")
                && REDUCTIONS.contains(target.getName())
                && dimensions;
    }

    /** The matrix product, which ND4J counts among them, reduces nothing. */
    private static boolean makesReducingOperation(JavaConstructorCall call) {
        JavaClass operation = call.getTargetOwner();
        return Stream.of("reduce", "indexaccum", "summarystats")
                        .anyMatch(kind -> operation.getPackageName().startsWith("org.nd4j.linalg.api.ops.impl." + kind))
                && !operation.getSimpleName().equals("Mmul");
    }

    /** Users without the training UI do not have its classes. */
    @ArchTest
    static final ArchRule onlyItsReportersKnowTheTrainingUi = noClasses()
            .that(DescribedPredicate.not(named("TrainingUi")))
            .and(DescribedPredicate.not(named("AttachedUi")))
            .and(DescribedPredicate.not(named("StepCurves")))
            .and(DescribedPredicate.not(named("UiCurves")))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.deeplearning4j.core..", "org.deeplearning4j.ui..");

    @ArchTest
    static final ArchRule theLibraryDependsOnLittle = classes()
            .that()
            .resideInAPackage(ROOT + "..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    ROOT + "..", "java..", "org.deeplearning4j..", "org.nd4j..", "org.slf4j..", "org.bytedeco..");

    /** What the README shows: the entry package's public types, and these two packages' for reports and BLAS threads. */
    @ArchTest
    static final ArchRule usersNeedTheEntryPackageAndReportsOnly = classes()
            .that()
            .areAssignableTo(KFacListener.class)
            .or()
            .areAssignableTo(NaturalGradientUpdater.class)
            .or()
            .areAssignableTo(UpdaterBuilder.class)
            .or()
            .areAssignableTo(Curvature.class)
            .or()
            .areAssignableTo(ConvolutionFactors.class)
            .or()
            .areAssignableTo(RecurrentModel.class)
            .or()
            .areAssignableTo(Structure.class)
            .should(showOnly(ROOT, ROOT + ".diagnostics", "java", "org.deeplearning4j", "org.nd4j"));

    private static ArchCondition<JavaClass> showOnly(String... packages) {
        return new ArchCondition<>("show only types of " + String.join(", ", packages)) {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                for (JavaMethod method : type.getMethods()) {
                    if (!method.getModifiers().contains(JavaModifier.PUBLIC)) {
                        continue;
                    }
                    Stream.concat(Stream.of(method.getRawReturnType()), method.getRawParameterTypes().stream())
                            .filter(shown -> !shown.isPrimitive())
                            .filter(shown -> Arrays.stream(packages).noneMatch(shown.getPackageName()::equals)
                                    && Arrays.stream(packages)
                                            .filter(allowed -> !allowed.equals(ROOT))
                                            .noneMatch(allowed ->
                                                    shown.getPackageName().startsWith(allowed + ".")))
                            .forEach(shown -> events.add(SimpleConditionEvent.violated(
                                    method, method.getFullName() + " shows " + shown.getName())));
                }
            }
        };
    }

    @ArchTest
    static void theEntryPackageShowsTheUpdaterItsOptionsAndTheListener(JavaClasses classes) {
        assertThat(classes.stream()
                        .filter(type -> type.getPackageName().equals(ROOT))
                        .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
                        .filter(JavaClass::isTopLevelClass)
                        .map(JavaClass::getSimpleName))
                .containsExactlyInAnyOrder(
                        "NaturalGradientUpdater",
                        "KFac",
                        "EKFac",
                        "ExactFisher",
                        "AdaFisher",
                        "AdaFisherW",
                        "FAdam",
                        "KFacListener",
                        "CoefficientReuse",
                        "Curvature",
                        "ConvolutionFactors",
                        "RecurrentModel",
                        "Structure",
                        "BlockRegistry",
                        "BlockSummary",
                        "PolyakAverage",
                        "GrowingBatches",
                        "StepCharts",
                        "StepLog");
    }

    @ArchTest
    static void everyPackageSaysWhatItIsFor(JavaClasses classes) {
        for (JavaPackage part : classes.getPackage(ROOT).getSubpackagesInTree()) {
            java.nio.file.Path source =
                    java.nio.file.Path.of("src", "main", "java", part.getName().replace('.', '/'), "package-info.java");
            assertThat(source).exists();
        }
        assertThat(java.nio.file.Path.of("src/main/java", ROOT.replace('.', '/'), "package-info.java"))
                .exists();
    }
}
