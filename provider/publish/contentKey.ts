import { createHash } from "node:crypto";

/**
 * A key over JSON values: 64 hex digits, the same for equal values whatever the order of their properties.
 * `undefined` properties count as absent.
 */
export function contentKey(value: unknown): string {
    return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

/** JSON with the properties of every object in code-unit order. */
export function canonicalJson(value: unknown): string {
    return JSON.stringify(value, (_key, member: unknown) => {
        if (typeof member !== "object" || member === null || Array.isArray(member)) {
            return member;
        }
        return Object.fromEntries(Object.entries(member).sort(([left], [right]) => (left < right ? -1 : 1)));
    });
}
