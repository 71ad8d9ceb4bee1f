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
    /** `<organisation>/<URN>`, as it stands in inputs. */
    readonly id: string;
    /**
     * The same as the ledger names it: project, stack, parents, kind and name. Without the organisation and the token of the type, so
     * that a resource may come from another front end.
     */
    readonly holder: string;
    /** 32 hex digits over the id. */
    readonly hash: string;
}

/** Reads an owner from its id; a text that is no URN is taken as a name alone. */
export function parseOwner(id: string): Owner {
    const match = /^([^/]*)\/urn:pulumi:(.*?)::(.*?)::(.*?)::(.*)$/s.exec(id);
    const [, organization = "", stack = "", project = "", type = "", name = id] = match ?? [];
    const types = type.split("$");
    const kind = /[^:]*$/.exec(types.pop() ?? "")?.[0] ?? "";
    return {
        organization,
        stack,
        project,
        name,
        id,
        holder: [project, stack, ...types, kind, name].filter((part) => part !== "").join("/"),
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
