import { withInternals } from "../provider/layer/internals";

/** One resource in a stack's state. */
export interface ExportedResource {
    readonly urn: string;
    /** Such as `pulumi-nodejs:dynamic/lambda:PythonLayer`. */
    readonly type: string;
    /** Undefined for the stack itself and for components. */
    readonly id: string | undefined;
    readonly inputs: Readonly<Record<string, unknown>>;
    /** With what only the package reads, see `provider/layer/internals.ts`. */
    readonly outputs: Readonly<Record<string, unknown>>;
    /** To be deleted still, after a replacement that was interrupted. */
    readonly pendingDelete: boolean;
}

/** A stack's state, as `pulumi stack export` prints it. */
export interface StackExport {
    /** In the order in which they were registered, the stack itself first. */
    readonly resources: readonly ExportedResource[];
    /** URNs of resources whose last operation did not end. */
    readonly pendingOperations: readonly string[];
    /** What was printed, for a search in all of it. */
    readonly text: string;
}

/** Reads what `pulumi stack export` printed. Throws an Error when it is not that. */
export function parseStackExport(text: string): StackExport {
    const deployment = object(object(JSON.parse(text), "the export")["deployment"], "its deployment");
    const resources = deployment["resources"] ?? [];
    if (!Array.isArray(resources)) {
        throw new Error("The resources of an exported stack are not a list.");
    }
    const pending = deployment["pending_operations"] ?? [];
    if (!Array.isArray(pending)) {
        throw new Error("The pending operations of an exported stack are not a list.");
    }
    const pendingOperations = pending.map((each) => resource(object(each, "an operation")["resource"]).urn);
    return { resources: resources.map(resource), pendingOperations, text };
}

function resource(value: unknown): ExportedResource {
    const found = object(value, "a resource");
    const id = found["id"];
    return {
        urn: String(found["urn"]),
        type: String(found["type"]),
        id: typeof id === "string" ? id : undefined,
        inputs: object(found["inputs"] ?? {}, "a resource's inputs"),
        outputs: withInternals(object(found["outputs"] ?? {}, "a resource's outputs")),
        pendingDelete: found["delete"] === true,
    };
}

function object(value: unknown, what: string): Record<string, unknown> {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
        throw new Error(`In an exported stack, ${what} is not an object.`);
    }
    return Object.fromEntries(Object.entries(value));
}
