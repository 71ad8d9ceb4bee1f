import type { CommandOptions } from "../../scripts/command";
import { type PulumiProject, succeeded } from "../../scripts/pulumiProject";
import type { Verdict } from "./edits";

/** What `pulumi preview` would do with each resource, by its name. Throws when the preview fails. */
export async function previewedVerdicts(
    project: PulumiProject,
    options?: CommandOptions,
): Promise<ReadonlyMap<string, Verdict | "create" | "delete">> {
    const { stdout } = succeeded(await project.preview(["--json"], options));
    // The engine lists no step for what stays the same.
    const found = new Map<string, Verdict | "create" | "delete">();
    for (const { op, urn } of steps(JSON.parse(stdout))) {
        const name = urn.split("::").at(-1) ?? "";
        if (op.includes("replace")) found.set(name, "replace");
        else if (op === "update" || op === "create" || op === "delete") found.set(name, op);
        else if (op === "same") found.set(name, "nothing");
    }
    return found;
}

function steps(document: unknown): { readonly op: string; readonly urn: string }[] {
    const list = typeof document === "object" && document !== null && "steps" in document && document.steps;
    if (!Array.isArray(list)) throw new Error("The preview has no steps.");
    return list.flatMap((step: unknown) =>
        typeof step === "object" && step !== null && "op" in step && "urn" in step
            ? [{ op: String(step.op), urn: String(step.urn) }]
            : [],
    );
}
