import { readFile } from "node:fs/promises";
import path from "node:path";
import { LayerError } from "../errors";

/** What the states of stacks say of layers. */
export interface ExportedStates {
    /** `<project>/<stack>` of each. */
    readonly stacks: ReadonlySet<string>;
    /** Of every resource, those that are still to be deleted too. */
    readonly createIds: ReadonlySet<string>;
    /** ARNs of layer versions that stand anywhere in them: of the resources, and of functions that use them. */
    readonly versionArns: ReadonlySet<string>;
}

/**
 * Reads files that `pulumi stack export` has written.
 *
 * @param folder what relative paths are relative to
 * @throws ARGUMENT_INVALID for a file that cannot be read, is no export, or has no resource, so that it names no stack
 */
export async function readExportedStates(files: readonly string[], folder: string): Promise<ExportedStates> {
    const read = await Promise.all(files.map((file) => readExportedState(path.resolve(folder, file), file)));
    return {
        stacks: new Set(read.flatMap(({ stacks }) => [...stacks])),
        createIds: new Set(read.flatMap(({ createIds }) => [...createIds])),
        versionArns: new Set(read.flatMap(({ versionArns }) => [...versionArns])),
    };
}

async function readExportedState(file: string, name: string): Promise<ExportedStates> {
    const refused = (what: string, cause?: unknown) =>
        new LayerError("ARGUMENT_INVALID", {
            what: `The state ${name} ${what}.`,
            where: file,
            next: "Give a file that `pulumi stack export --file <file>` has written, of a stack with resources.",
            cause,
        });
    let text: string;
    let exported: unknown;
    try {
        text = await readFile(file, "utf8");
        exported = JSON.parse(text);
    } catch (error) {
        throw refused("cannot be read", error);
    }
    const resources = field(field(exported, "deployment"), "resources");
    if (!Array.isArray(resources)) {
        throw refused("is no stack's export, or has no resources");
    }
    const stacks = resources.flatMap((resource) => stackOf(field(resource, "urn")) ?? []);
    if (stacks.length === 0) {
        throw refused("has no resources");
    }
    return {
        stacks: new Set(stacks),
        createIds: new Set(resources.flatMap((resource) => createIdOf(resource) ?? [])),
        versionArns: new Set(text.match(/arn:[a-z-]+:lambda:[a-z0-9-]+:\d{12}:layer:[\w-]+:\d+/g)),
    };
}

/** A URN is `urn:pulumi:<stack>::<project>::<types>::<name>`. */
function stackOf(urn: unknown): string | undefined {
    const [, stack, project] = /^urn:pulumi:(.+?)::(.+?)::/.exec(typeof urn === "string" ? urn : "") ?? [];
    return stack === undefined || project === undefined ? undefined : `${project}/${stack}`;
}

function createIdOf(resource: unknown): string | undefined {
    const id = field(field(resource, "outputs"), "createId");
    return typeof id === "string" ? id : undefined;
}

const field = (value: unknown, name: string): unknown =>
    typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
