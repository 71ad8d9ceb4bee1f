/** What the engine puts in the place of a value that a preview does not know yet (`unknownValue` of Pulumi's SDK). */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Whether a value is, or holds at any depth, something that a preview does not know yet. */
export function hasUnknown(value: unknown): boolean {
    if (value === unknownValue) {
        return true;
    }
    return typeof value === "object" && value !== null && Object.values(value).some(hasUnknown);
}
