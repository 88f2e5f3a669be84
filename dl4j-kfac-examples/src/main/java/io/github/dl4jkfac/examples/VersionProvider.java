package io.github.dl4jkfac.examples;

import picocli.CommandLine.IVersionProvider;

/** The version of the jar that runs. */
final class VersionProvider implements IVersionProvider {

    @Override
    public String[] getVersion() {
        String version = Main.class.getPackage().getImplementationVersion();
        return new String[] {"dl4j-kfac " + (version == null ? "(version unknown)" : version)};
    }
}
