package io.github.dl4jkfac;

import java.io.IOException;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.shade.jackson.core.JsonParser;
import org.nd4j.shade.jackson.core.JsonToken;
import org.nd4j.shade.jackson.databind.BeanProperty;
import org.nd4j.shade.jackson.databind.DeserializationContext;
import org.nd4j.shade.jackson.databind.JavaType;
import org.nd4j.shade.jackson.databind.JsonDeserializer;
import org.nd4j.shade.jackson.databind.JsonMappingException;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;
import org.nd4j.shade.jackson.databind.deser.BeanDeserializerFactory;
import org.nd4j.shade.jackson.databind.deser.ContextualDeserializer;
import org.nd4j.shade.jackson.databind.deser.ResolvableDeserializer;
import org.nd4j.shade.jackson.databind.node.ArrayNode;
import org.nd4j.shade.jackson.databind.node.JsonNodeFactory;
import org.nd4j.shade.jackson.databind.node.ObjectNode;
import org.nd4j.shade.jackson.databind.node.TreeTraversingParser;
import org.nd4j.shade.jackson.databind.util.ClassUtil;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads an updater from JSON or YAML. An option that the text does not name, or that is null there, has its default: texts that are
 * older than an option keep their meaning, and so do those that people write by hand. An option that nobody knows, of a later
 * version or misspelt, is left out with a warning, where DL4J leaves it out in silence.
 */
final class UpdaterDeserializer extends JsonDeserializer<NaturalGradientUpdater> implements ContextualDeserializer {

    private static final Logger LOG = LoggerFactory.getLogger(NaturalGradientUpdater.class);

    /** Writes defaults only. */
    private static final ObjectMapper DEFAULTS = new ObjectMapper();

    private static final String TYPE = "@class";

    private final JavaType type;

    /** For the base class, whose type nobody knows yet. */
    UpdaterDeserializer() {
        this(null);
    }

    private UpdaterDeserializer(JavaType type) {
        this.type = type;
    }

    @Override
    public JsonDeserializer<?> createContextual(DeserializationContext context, BeanProperty property) {
        return new UpdaterDeserializer(context.getContextualType());
    }

    @Override
    public NaturalGradientUpdater deserialize(JsonParser parser, DeserializationContext context) throws IOException {
        if (type == null || type.isAbstract()) {
            throw JsonMappingException.from(parser, "the text does not tell which updater it describes");
        }
        ObjectNode given = object(parser);
        Class<?> raw = type.getRawClass();
        warnOfUnknown(raw.getSimpleName(), raw, given);
        complete(raw, given, defaults(parser, given));
        JsonDeserializer<Object> bean = BeanDeserializerFactory.instance.buildBeanDeserializer(
                context, type, context.getConfig().introspect(type));
        ((ResolvableDeserializer) bean).resolve(context);
        try (JsonParser completed = new TreeTraversingParser(given, parser.getCodec())) {
            completed.nextToken();
            return (NaturalGradientUpdater) bean.deserialize(completed, context);
        }
    }

    /** The fields that follow. */
    private static ObjectNode object(JsonParser parser) throws IOException {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        if (parser.currentToken() == JsonToken.START_OBJECT) {
            parser.nextToken();
        }
        for (; parser.currentToken() == JsonToken.FIELD_NAME; parser.nextToken()) {
            String name = parser.getCurrentName();
            parser.nextToken();
            node.set(name, value(parser));
        }
        return node;
    }

    /** A value as a tree, in which types stand as JSON has them: YAML marks them otherwise, and a plain tree would lose the mark. */
    private static JsonNode value(JsonParser parser) throws IOException {
        if (parser.currentToken() == JsonToken.START_OBJECT) {
            Object mark = parser.canReadTypeId() ? parser.getTypeId() : null;
            ObjectNode node = object(parser);
            return mark == null ? node : node.put(TYPE, mark.toString());
        }
        if (parser.currentToken() == JsonToken.START_ARRAY) {
            ArrayNode node = JsonNodeFactory.instance.arrayNode();
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                node.add(value(parser));
            }
            return node;
        }
        return parser.readValueAsTree();
    }

    private ObjectNode defaults(JsonParser parser, ObjectNode given) throws IOException {
        NaturalGradientUpdater plain = (NaturalGradientUpdater) ClassUtil.createInstance(type.getRawClass(), true);
        try {
            return DEFAULTS.valueToTree(plain.defaultsBeside(given));
        } catch (IllegalArgumentException e) {
            throw JsonMappingException.from(parser, plain.name() + ": " + e.getMessage(), e);
        }
    }

    /** Puts in what is missing. Options stand in records; a fallback of the default's type is completed, too. */
    private static void complete(Class<?> type, ObjectNode given, ObjectNode defaults) {
        Map<String, Class<?>> fields = fields(type);
        for (Iterator<String> names = defaults.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            JsonNode value = given.get(name);
            if (name.equals(TYPE)) {
                continue;
            }
            if (value == null || value.isNull()) {
                given.set(name, defaults.get(name));
            } else if (value instanceof ObjectNode own && defaults.get(name) instanceof ObjectNode known) {
                if (fields.get(name).isRecord()) {
                    complete(fields.get(name), own, known);
                } else if (fields.get(name) == IUpdater.class) {
                    completeFallback(own, known);
                }
            }
        }
    }

    private static void completeFallback(ObjectNode given, ObjectNode defaults) {
        if (!given.hasNonNull(TYPE) || given.get(TYPE).equals(defaults.get(TYPE))) {
            defaults.fields().forEachRemaining(field -> {
                if (!given.hasNonNull(field.getKey())) {
                    given.set(field.getKey(), field.getValue());
                }
            });
        }
    }

    private static void warnOfUnknown(String path, Class<?> type, ObjectNode given) {
        Map<String, Class<?>> fields = fields(type);
        given.fields().forEachRemaining(field -> {
            String name = field.getKey();
            Class<?> known = fields.get(name);
            if (known == null) {
                LOG.warn(
                        "{} has no option '{}', which is left out: it is misspelt, or of a later version of this library.",
                        path,
                        name);
            } else if (known.isRecord() && field.getValue() instanceof ObjectNode nested) {
                warnOfUnknown(path + "." + name, known, nested);
            }
        });
    }

    /** What a text may name, and what type it has. */
    private static Map<String, Class<?>> fields(Class<?> type) {
        Map<String, Class<?>> fields = new LinkedHashMap<>();
        for (Class<?> part = type; part != null && part != Object.class; part = part.getSuperclass()) {
            Arrays.stream(part.getDeclaredFields())
                    .filter(field -> !Modifier.isStatic(field.getModifiers()))
                    .forEach(field -> fields.put(field.getName(), field.getType()));
        }
        return fields;
    }
}
