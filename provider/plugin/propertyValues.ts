import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import { jsonProps, type Props } from "../props";
import { unknownValue } from "../unknown";

/** Marks an object that stands for another value (`resource.SigKey` of Pulumi's SDK). */
const signature = "4dabf18193072939515e22adb298388d";
/** The signature of a secret: its value is at `value`. */
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
/** The signature of an output: its value, once it is known, is at `value`; `secret` tells whether it is one. */
const outputSignature = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** Properties as the core has them, with what the engine's own form says beside the values. */
export interface PropertyValues {
    /** Plain JSON. What is not known yet is {@link unknownValue}. */
    readonly props: Props;
    /** Names of the properties that hold a secret, themselves or at any depth. */
    readonly secrets: ReadonlySet<string>;
}

/** Reads properties in the engine's form. An absent struct has none. */
export function readProperties(struct: Struct | undefined): PropertyValues {
    const secrets = new Set<string>();
    const props = Object.entries(struct?.toJavaScript() ?? {}).map(([name, value]) => [
        name,
        plainValue(value, () => secrets.add(name)),
    ]);
    return { props: Object.fromEntries(props), secrets };
}

function plainValue(value: unknown, noteSecret: () => void): unknown {
    if (Array.isArray(value)) {
        return value.map((item) => plainValue(item, noteSecret));
    }
    if (typeof value !== "object" || value === null) {
        return value;
    }
    const marked: Props = { ...value };
    const kind = marked[signature];
    if (kind === secretSignature || (kind === outputSignature && marked["secret"] === true)) {
        noteSecret();
    }
    if (kind === secretSignature || kind === outputSignature) {
        return Object.hasOwn(marked, "value") ? plainValue(marked["value"], noteSecret) : unknownValue;
    }
    return Object.fromEntries(
        Object.entries(marked).map(([name, member]) => [name, plainValue(member, noteSecret)]),
    );
}

/**
 * Writes properties in the engine's form. A property that is among the secrets becomes one as a whole: an SDK that does not
 * mark what is nested in a value can't leave a part of it in plain text.
 */
export function writeProperties(props: Props, secrets: ReadonlySet<string>): Struct {
    const values = Object.entries(jsonProps(props)).map(([name, value]) => [
        name,
        secrets.has(name) && value !== unknownValue ? { [signature]: secretSignature, value } : value,
    ]);
    const written: Record<string, JavaScriptValue> = Object.fromEntries(values);
    return Struct.fromJavaScript(written);
}
