import { createHash } from "node:crypto";

/**
 * Who holds a layer version: a resource of a stack, named by its URN with the organisation in front.
 *
 * The URN alone would make two organisations with a project and stack of the same name one owner.
 */
export interface Owner {
    readonly organization: string;
    readonly stack: string;
    readonly project: string;
    readonly name: string;
    /** `<organisation>/<URN>`, as it stands in inputs, claims and records. */
    readonly id: string;
    /** The claim's file name: 32 hex digits. */
    readonly hash: string;
}

/** Reads an owner from its id; a text that is no URN is taken as a name alone. */
export function parseOwner(id: string): Owner {
    const match = /^([^/]*)\/urn:pulumi:(.*?)::(.*?)::.*?::(.*)$/s.exec(id);
    const [, organization = "", stack = "", project = "", name = id] = match ?? [];
    return {
        organization,
        stack,
        project,
        name,
        id,
        hash: createHash("sha256").update(id).digest("hex").slice(0, 32),
    };
}

/** `<project>-<stack>-<resource>` with everything that Lambda does not take in a layer name turned into hyphens. */
export function defaultLayerName(owner: Owner): string {
    const name = [owner.project, owner.stack, owner.name]
        .filter((part) => part !== "")
        .join("-")
        .replace(/[^a-zA-Z0-9_-]+/g, "-");
    if (name.length <= 140) {
        return name;
    }
    // A cut name could meet another's: the hash keeps them apart.
    return `${name.slice(0, 131)}-${owner.hash.slice(0, 8)}`;
}
