package io.github.dl4jkfac.examples.data;

/**
 * Square colour images, stored pixel by pixel with interleaved channels, as network input [N, channels, side, side];
 * every channel is shifted and scaled by the mean and the standard deviation that it has over the training images.
 */
public final class ColourEncoding implements Encoding {

    private final int channels;
    private final int pixels;
    private final double[] means;
    private final float[][] normalised;

    /**
     * @param train the images whose mean and deviation count
     * @param channels bytes per pixel
     */
    public ColourEncoding(LabelledData train, int channels) {
        this.channels = channels;
        this.pixels = train.size() / channels;
        this.means = new double[channels];
        this.normalised = new float[channels][];
        for (int channel = 0; channel < channels; channel++) {
            normalise(channel, histogram(train, channel));
        }
    }

    private long[] histogram(LabelledData train, int channel) {
        long[] counts = new long[256];
        for (int image = 0; image < train.count(); image++) {
            for (int pixel = 0; pixel < pixels; pixel++) {
                counts[train.value(image, pixel * channels + channel)]++;
            }
        }
        return counts;
    }

    private void normalise(int channel, long[] counts) {
        double total = 0;
        double sum = 0;
        double squares = 0;
        for (int value = 0; value < counts.length; value++) {
            total += counts[value];
            sum += (double) value * counts[value];
            squares += (double) value * value * counts[value];
        }
        double mean = sum / total;
        // A constant channel has no deviation to divide by, and carries nothing that could be scaled.
        double deviation = Math.max(1, Math.sqrt(squares / total - mean * mean));
        means[channel] = mean;
        normalised[channel] = new float[counts.length];
        for (int value = 0; value < counts.length; value++) {
            normalised[channel][value] = (float) ((value - mean) / deviation);
        }
    }

    /** @return mean of each channel, 0 to 255, a new array */
    double[] means() {
        return means.clone();
    }

    @Override
    public long[] shape(int count) {
        int side = (int) Math.round(Math.sqrt(pixels));
        return new long[] {count, channels, side, side};
    }

    @Override
    public void encode(byte[] values, int offset, float[] target, int targetOffset) {
        for (int channel = 0; channel < channels; channel++) {
            float[] table = normalised[channel];
            int from = offset + channel;
            int to = targetOffset + channel * pixels;
            for (int pixel = 0; pixel < pixels; pixel++) {
                target[to + pixel] = table[values[from + pixel * channels] & 0xFF];
            }
        }
    }
}
