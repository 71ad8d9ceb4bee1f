import { LayerError } from "../errors";
import type { Target } from "../target";
import { evaluateMarker, type Marker, markerVariables, parseMarker } from "./marker";
import type { Doubt, Position } from "./model";
import { formatPosition, quote } from "./position";

/** What is asked for while markers are evaluated. */
export interface Activation {
    /** Extras that `extra == '…'` holds for, normalised; for a uv.lock as its conflict markers write extras, groups and projects. */
    readonly extras: ReadonlySet<string>;
    /** Extras that `extra != '…'` does not hold for; default {@link extras}. */
    readonly possibleExtras?: ReadonlySet<string>;
    /** Groups that `dependency_groups` holds (PEP 751), normalised; default none. */
    readonly groups?: ReadonlySet<string>;
}

/** Nothing is asked for. */
export const noExtras: Activation = { extras: new Set() };

/**
 * Answers for one target and activation: whether a marker holds. `more` are extras that count as active for this answer.
 *
 * What nobody can know before run time counts as true, since a package too many does less harm than one that is
 * missing; `doubts` then says so. An unreadable marker is an error at `position`.
 *
 * @throws LayerError MANIFEST_SYNTAX
 */
export type Holds = (
    marker: string | undefined,
    name: string,
    position: Position,
    more?: readonly string[],
) => boolean;

/** Makes a {@link Holds}. Each distinct marker is evaluated once, and parsed once for all that share `parsed`. */
export function markersFor(
    target: Target,
    activation: Activation,
    doubts: Doubt[],
    parsed = new Map<string, Marker>(),
): Holds {
    const variables = markerVariables(target);
    const { extras, possibleExtras = extras, groups = new Set<string>() } = activation;
    const results = new Map<string, boolean | undefined>();
    return (marker, name, position, more = []) => {
        if (marker === undefined || marker === "") return true;
        const key = `${more.join(" ")} ${marker}`;
        if (!results.has(key)) {
            const withMore = (some: ReadonlySet<string>) => ({
                has: (extra: string) => more.includes(extra) || some.has(extra),
            });
            const environment = {
                variables,
                groups,
                extras: withMore(extras),
                possibleExtras: withMore(possibleExtras),
            };
            const read = parsed.get(marker) ?? readMarker(marker, name, position);
            parsed.set(marker, read);
            results.set(key, evaluateMarker(read, environment));
        }
        const holds = results.get(key);
        if (holds === undefined) {
            doubts.push({
                reason: `whether ${name} is installed depends on ${quote(marker)}, which is known at run time only`,
                position,
                next: "Make the marker depend on the platform's name, the machine or the version of Python.",
            });
        }
        return holds ?? true;
    };
}

/** Parses a marker of the package `name`. @throws LayerError MANIFEST_SYNTAX */
export function readMarker(marker: string, name: string, position: Position): Marker {
    const parsed = parseMarker(marker);
    if (parsed !== undefined) return parsed;
    throw new LayerError("MANIFEST_SYNTAX", {
        what: `The environment marker of ${name} can't be read.`,
        where: formatPosition(position),
        detail: [quote(marker)],
        next: "Lock again with a released version of the tool that wrote the manifest.",
        property: "manifest",
    });
}
