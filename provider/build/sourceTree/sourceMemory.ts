import type { RememberUnchanged } from "../../unchangedFile";
import type { GitIndex } from "./gitIndex";

/** One local package. */
export interface LocalSource {
    readonly path: string;
    readonly digest: string;
    readonly leftOut: readonly string[];
}

/** What one run knows of local packages: a hundred layers of one workspace are checked at the same time, and read its packages once. */
export interface SourceMemory {
    /** What is being read now, by the manifest's folder and the path. */
    readonly underWay: Map<string, Promise<LocalSource | undefined>>;
    readonly indexes: RememberUnchanged<GitIndex | undefined>;
}
