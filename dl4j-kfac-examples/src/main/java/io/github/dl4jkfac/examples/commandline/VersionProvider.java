package io.github.dl4jkfac.examples.commandline;

import picocli.CommandLine.IVersionProvider;

/** The version of the jar that runs. */
public final class VersionProvider implements IVersionProvider {

    @Override
    public String[] getVersion() {
        String version = VersionProvider.class.getPackage().getImplementationVersion();
        return new String[] {"dl4j-kfac " + (version == null ? "(version unknown)" : version)};
    }
}
