import { destinationOf } from "../inputs";
import { outputNames } from "../outputs";
import { type Props, sameValue } from "../props";
import { unknownValue } from "../unknown";

/** Outputs that say where something is in the bucket. */
const places = ["manifestUri", "recordUri", "artifactUri"];

/** The outputs that a preview of a create can know: the inputs. All others are unknown. */
export function planCreate(inputs: Props): Props {
    const outputs = [...outputNames]
        .filter((name) => !name.startsWith("__"))
        .map((name) => [name, unknownValue]);
    return { ...Object.fromEntries(outputs), ...inputs };
}

/** The outputs that a preview of an update in place can know: an update publishes nothing, but it may move what is in the bucket. */
export function planUpdate(state: Props, inputs: Props): Props {
    const kept = Object.entries(state).filter(([name]) => outputNames.has(name) && !name.startsWith("__"));
    const moved = sameValue(destinationOf(state), destinationOf(inputs)) ? [] : places;
    return {
        ...Object.fromEntries(kept),
        ...inputs,
        ...Object.fromEntries(moved.map((name) => [name, unknownValue])),
    };
}
