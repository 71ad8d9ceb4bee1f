import { LayerError } from "../errors";
import type { ResolvedIndex } from "./indexes";
import { isPip, type Pip } from "./pip";
import type { RunError } from "./run";
import { lastLines, type Uv, uvFailed } from "./uv";

/** What resolves and builds where the manifest leaves something open. */
export type Tool = Uv | Pip;

/** The tool's name in messages. */
export const toolName = (tool: Tool): string => (isPip(tool) ? "pip in a container" : "uv");

/** The failure of a call of the tool that has no better explanation. */
export function toolFailed(
    tool: Tool,
    error: RunError,
    what: string,
    indexes: readonly ResolvedIndex[],
    next?: string | readonly string[],
): LayerError {
    if (!isPip(tool)) return uvFailed(error, what, indexes, next);
    return new LayerError("TOOL_FAILED", {
        what: `${what}: ${error.message}.`,
        detail: lastLines(error, indexes),
        next: next ?? `Read the words of ${toolName(tool)} above, put it right, and run it again.`,
        cause: error,
    });
}
