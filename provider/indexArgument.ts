const texts = ["url", "name", "username", "password", "usernameVariable", "passwordVariable"] as const;

/**
 * What is wrong with the argument `indexes`, or `undefined`. Never repeats a value: any of them can be a secret, also where it
 * stands in the wrong place.
 */
export function indexesProblem(value: unknown): string | undefined {
    if (!Array.isArray(value)) {
        return "must be a list of { url, name?, username?, password?, usernameVariable?, passwordVariable? }";
    }
    const problems = value.map((index: unknown, position) => {
        const problem = indexProblem(index);
        return problem === undefined ? undefined : `has an entry ${position} ${problem}`;
    });
    return problems.find((problem) => problem !== undefined);
}

function indexProblem(index: unknown): string | undefined {
    if (typeof index !== "object" || index === null || Array.isArray(index)) {
        return "that is no { url, … }";
    }
    const given = Object.entries(index).filter(([, value]) => value !== undefined && value !== null);
    if (given.some(([key]) => !texts.some((known) => known === key))) {
        return `with an unknown property: those there are, are ${texts.join(", ")}`;
    }
    const wrong = given.find(([, value]) => typeof value !== "string" || value === "");
    if (wrong !== undefined) return `whose ${wrong[0]} is not a text`;
    const url: unknown = Reflect.get(index, "url");
    if (typeof url !== "string") return "without a url";
    // What `${NAME}` stands for is known on the machine that builds.
    const withoutVariables = url.replace(/\$\{[A-Z0-9_]+\}/g, "x");
    if (!/^(?:https?|file):\/\//i.test(withoutVariables) || !URL.canParse(withoutVariables)) {
        return "whose url is not the address of an index, https://…";
    }
    return undefined;
}
