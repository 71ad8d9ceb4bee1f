/** What is wrong with a value, as what the argument must be: "must be a text"; `undefined` when nothing is. */
export type Rule = (value: unknown) => string | undefined;

/** A text that is not empty and has no further problem. */
export const text =
    (problem: (value: string) => string | undefined = () => undefined): Rule =>
    (value) =>
        typeof value !== "string" ? "must be a text" : value === "" ? "must not be empty" : problem(value);

/** A list of such texts. */
export const texts =
    (problem: (value: readonly string[]) => string | undefined = () => undefined): Rule =>
    (value) =>
        Array.isArray(value) && value.every((item): item is string => typeof item === "string" && item !== "")
            ? problem(value)
            : "must be a list of texts";

/** A boolean. */
export const flag: Rule = (value) => (typeof value === "boolean" ? undefined : "must be true or false");
