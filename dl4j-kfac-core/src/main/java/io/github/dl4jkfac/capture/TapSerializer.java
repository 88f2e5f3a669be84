package io.github.dl4jkfac.capture;

import java.io.IOException;
import org.nd4j.shade.jackson.core.JsonGenerator;
import org.nd4j.shade.jackson.databind.JsonSerializer;
import org.nd4j.shade.jackson.databind.SerializerProvider;
import org.nd4j.shade.jackson.databind.jsontype.TypeSerializer;

/** Writes what a tap stands in for, so that JSON and YAML are the same with and without taps. */
final class TapSerializer extends JsonSerializer<Tap> {

    @Override
    public void serialize(Tap tap, JsonGenerator generator, SerializerProvider provider) throws IOException {
        Object base = Tap.unwrap(tap.base());
        provider.findTypedValueSerializer(base.getClass(), true, null).serialize(base, generator, provider);
    }

    @Override
    public void serializeWithType(
            Tap tap, JsonGenerator generator, SerializerProvider provider, TypeSerializer typeSerializer)
            throws IOException {
        serialize(tap, generator, provider);
    }
}
