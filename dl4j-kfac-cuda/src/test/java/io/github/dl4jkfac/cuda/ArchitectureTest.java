package io.github.dl4jkfac.cuda;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** What the module may know, and what it shows. */
@AnalyzeClasses(packages = "io.github.dl4jkfac.cuda", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule onlyTheProviderIsPublic =
            classes().that().arePublic().should().haveSimpleName("CudaProvider");

    @ArchTest
    static final ArchRule itDependsOnLittle = classes()
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "io.github.dl4jkfac.cuda",
                    "io.github.dl4jkfac.solve",
                    "java..",
                    "org.nd4j..",
                    "org.slf4j",
                    "org.bytedeco.cuda..",
                    "org.bytedeco.javacpp");

    /** Without natives these do not load, so what decides whether to use them must not need them. */
    @ArchTest
    static final ArchRule cudaIsTouchedByFewOnly = noClasses()
            .that()
            .haveSimpleNameNotStartingWith("CudaAlgebra")
            .and()
            .haveSimpleNameNotStartingWith("CudaContext")
            .and()
            .haveSimpleNameNotStartingWith("CudaDevice")
            .and()
            .haveSimpleNameNotEndingWith("Kernels")
            .and()
            .doNotHaveSimpleName("DeviceBuffer")
            .and()
            .doNotHaveSimpleName("Status")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.bytedeco.cuda..");
}
