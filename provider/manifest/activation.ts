import { LayerError } from "../errors";
import type { Target } from "../target";
import {
    encodeExtra,
    encodeGroup,
    encodeProject,
    evaluateMarker,
    type Marker,
    markerVariables,
    parseMarker,
} from "./marker";
import type { Doubt, Position } from "./model";
import { formatPosition, quote } from "./position";

/** What is switched on while markers are evaluated: extras by package, groups and the project of the selection itself. */
export interface Activation {
    /** Extras that are active wherever a marker says `extra == '…'` (poetry), normalised. */
    readonly extras?: Iterable<string>;
    /** Extras of packages, as uv's conflict markers name them. */
    readonly extrasOf?: Iterable<{ readonly name: string; readonly extra: string }>;
    /** Groups of packages, likewise. */
    readonly groupsOf?: Iterable<{ readonly name: string; readonly group: string }>;
    /** Projects that are themselves installed, likewise. */
    readonly projects?: Iterable<string>;
}

/**
 * Answers for one target and activation: whether a marker holds.
 *
 * What nobody can know before run time counts as true, since a package too many does less harm than one that is
 * missing; `doubts` then says so. An unreadable marker is an error at `position`.
 *
 * @throws LayerError MANIFEST_SYNTAX
 */
export type Holds = (marker: string | undefined, name: string, position: Position) => boolean;

/** Makes a {@link Holds}. Each distinct marker is parsed and evaluated once. */
export function markersFor(target: Target, activation: Activation, doubts: Doubt[]): Holds {
    const environment = {
        variables: markerVariables(target),
        extras: new Set([
            ...(activation.extras ?? []),
            ...[...(activation.extrasOf ?? [])].map(({ name, extra }) => encodeExtra(name, extra)),
            ...[...(activation.groupsOf ?? [])].map(({ name, group }) => encodeGroup(name, group)),
            ...[...(activation.projects ?? [])].map(encodeProject),
        ]),
    };
    const results = new Map<string, boolean | undefined>();
    return (marker, name, position) => {
        if (marker === undefined || marker === "") return true;
        if (!results.has(marker)) {
            results.set(marker, evaluateMarker(readMarker(marker, name, position), environment));
        }
        const holds = results.get(marker);
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
