import type { Manifest } from "../manifest/model";
import type { Variables } from "../manifest/variables";
import type { Target } from "../target";
import type { Credentials } from "./credentials";
import type { ResolvedIndex } from "./indexes";
import type { Places } from "./places";

/** What a search for files goes by. */
export interface Lookup {
    readonly manifest: Manifest;
    /** Absolute. */
    readonly manifestFolder: string;
    readonly target: Target;
    /** The user's indexes, besides those that the manifest names. */
    readonly indexes: readonly ResolvedIndex[];
    /** What the installer's own variables say. @default - nothing */
    readonly own?: Places;
    /** What is known of an address's credentials. @default - nothing */
    readonly credentials?: (url: URL) => Credentials | undefined;
    /** Credentials for whole hosts, which an installer may meet by following links. @default - none */
    readonly hosts?: readonly ResolvedIndex[];
    /** What the manifest's `${NAME}` stands for. */
    readonly variables: Variables;
    /** Normalised names. */
    readonly allowSourceBuilds: ReadonlySet<string>;
    /** Digests that source trees must have, by their path. @default - any */
    readonly sources?: Readonly<Record<string, string>> | undefined;
}
