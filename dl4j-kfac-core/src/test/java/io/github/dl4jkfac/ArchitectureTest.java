package io.github.dl4jkfac;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
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
import io.github.dl4jkfac.curvature.BatchRows;
import io.github.dl4jkfac.curvature.BlockContext;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.InputSource;
import io.github.dl4jkfac.curvature.JointBlock;
import io.github.dl4jkfac.curvature.JointKind;
import io.github.dl4jkfac.curvature.LookupRows;
import io.github.dl4jkfac.curvature.OuterProductRows;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.Products;
import io.github.dl4jkfac.curvature.SampleGradients;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Stream;

/** Which package may know what. */
@AnalyzeClasses(packages = ArchitectureTest.ROOT, importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    static final String ROOT = "io.github.dl4jkfac";
    private static final String CAPTURE = ROOT + ".capture..";
    private static final String CURVATURE = ROOT + ".curvature..";
    private static final String SAMPLESPACE = ROOT + ".samplespace..";
    private static final String SOLVE = ROOT + ".solve..";
    private static final String STEP = ROOT + ".step..";
    private static final String STATE = ROOT + ".state..";
    private static final String DIAGNOSTICS = ROOT + ".diagnostics..";
    private static final String CHECKPOINT = ROOT + ".checkpoint..";
    private static final String ARRAYS = ROOT + ".arrays..";

    @ArchTest
    static final ArchRule onlyCaptureKnowsLiveLayers = noClasses()
            .that()
            .resideOutsideOfPackage(CAPTURE)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.deeplearning4j.nn.layers..");

    /** The listener hands a layer's configuration from capture to UpdaterConfigs without looking into it. */
    @ArchTest
    static final ArchRule onlyCaptureAndTheUpdaterConfigurationsKnowLayerConfigurations = noClasses()
            .that()
            .resideOutsideOfPackage(CAPTURE)
            .and()
            .doNotHaveSimpleName("UpdaterConfigs")
            .and()
            .doNotHaveSimpleName("NetworkPlan")
            .and(DescribedPredicate.not(named("KFacListener")))
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

    @ArchTest
    static final ArchRule solveKnowsNothingOfTheRest = noClasses()
            .that()
            .resideInAPackage(SOLVE)
            .should()
            .dependOnClassesThat(resideInAPackage(ROOT + "..").and(resideOutsideOfPackage(SOLVE)))
            .orShould()
            .dependOnClassesThat()
            .resideInAPackage("org.deeplearning4j..");

    @ArchTest
    static final ArchRule curvatureKnowsNeitherDL4JNorCapture = noClasses()
            .that()
            .resideInAPackage(CURVATURE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.deeplearning4j..", CAPTURE, SAMPLESPACE, STEP, DIAGNOSTICS);

    /** It is the sibling of the curvature blocks: both take rows, and neither knows what the other makes of them. */
    @ArchTest
    static final ArchRule samplespaceKnowsOfCurvatureOnlyRowsAndJointBlocks = noClasses()
            .that()
            .resideInAPackage(SAMPLESPACE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.deeplearning4j..", CAPTURE, STEP, DIAGNOSTICS)
            .orShould()
            .dependOnClassesThat(resideInAPackage(CURVATURE)
                    .and(DescribedPredicate.not(belongToAnyOf(
                            BatchRows.class,
                            OuterProductRows.class,
                            InputSource.class,
                            SampleGradients.class,
                            LookupRows.class,
                            JointKind.class,
                            JointBlock.class,
                            BlockContext.class,
                            BlockShape.class,
                            ParameterKind.class,
                            Products.class))));

    @ArchTest
    static final ArchRule stepKnowsNeitherDL4JNorCapture = noClasses()
            .that()
            .resideInAPackage(STEP)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.deeplearning4j..", CAPTURE, SAMPLESPACE, DIAGNOSTICS);

    @ArchTest
    static final ArchRule captureKnowsOnlyTheRowsItMakes = noClasses()
            .that()
            .resideInAPackage(CAPTURE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(STEP, SAMPLESPACE, SOLVE, STATE, DIAGNOSTICS);

    @ArchTest
    static final ArchRule stateKnowsNoOther = noClasses()
            .that()
            .resideInAPackage(STATE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.deeplearning4j..", CAPTURE, CURVATURE, SAMPLESPACE, SOLVE, STEP, DIAGNOSTICS);

    @ArchTest
    static final ArchRule arraysKnowsNoOther = noClasses()
            .that()
            .resideInAPackage(ARRAYS)
            .should()
            .dependOnClassesThat(resideInAPackage(ROOT + "..").and(resideOutsideOfPackage(ARRAYS)))
            .orShould()
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

    @ArchTest
    static final ArchRule diagnosticsSeeNetworksFromOutside = noClasses()
            .that()
            .resideInAPackage(DIAGNOSTICS)
            .should()
            .dependOnClassesThat(resideInAPackage(CAPTURE)
                    .and(DescribedPredicate.not(named("OutputProbe")))
                    .and(DescribedPredicate.not(named("Linearisation")))
                    .and(DescribedPredicate.not(named("CurrentBatch")))
                    .and(DescribedPredicate.not(named("Doubles"))))
            .orShould()
            .dependOnClassesThat()
            .resideInAnyPackage(CURVATURE, SAMPLESPACE, SOLVE, STEP, STATE);

    @ArchTest
    static final ArchRule onlyTheEntryPackageKnowsDiagnostics = noClasses()
            .that()
            .resideOutsideOfPackages(ROOT, DIAGNOSTICS)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(DIAGNOSTICS);

    /** Users without the training UI do not have its classes. */
    @ArchTest
    static final ArchRule onlyItsReportersKnowTheTrainingUi = noClasses()
            .that(DescribedPredicate.not(named("TrainingUi")))
            .and(DescribedPredicate.not(named("AttachedUi")))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.deeplearning4j.core..", "org.deeplearning4j.ui..");

    /** Checkpoints stand above: what they restore they attach. */
    @ArchTest
    static final ArchRule nobodyElseKnowsTheEntryPackage = noClasses()
            .that()
            .resideOutsideOfPackages(ROOT, CHECKPOINT)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(ROOT);

    @ArchTest
    static final ArchRule nobodyKnowsCheckpoints = noClasses()
            .that()
            .resideOutsideOfPackage(CHECKPOINT)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(CHECKPOINT);

    @ArchTest
    static final ArchRule checkpointsSeeNetworksAsUsersDo = noClasses()
            .that()
            .resideInAPackage(CHECKPOINT)
            .should()
            .dependOnClassesThat(resideInAPackage(ROOT + "..")
                    .and(resideOutsideOfPackage(CHECKPOINT))
                    .and(DescribedPredicate.not(named("KFacListener")))
                    .and(DescribedPredicate.not(named("Finite"))));

    @ArchTest
    static final ArchRule packagesAreFreeOfCycles =
            slices().matching(ROOT + ".(*)..").should().beFreeOfCycles();

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
                        "BlockSummary");
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
