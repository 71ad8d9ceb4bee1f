/** Numbers from 0 up to 1, the same for the same seed (xorshift32, scrambled). */
export function createRandom(seed: number): () => number {
    let state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ 0x2545f491) | 1;
    return () => {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        return ((Math.imul(state, 0x2c1b3c6d) ^ (state >>> 15)) >>> 0) / 0x1_0000_0000;
    };
}

/** One of several, each as often as its weight says. */
export function choose<Choice>(
    random: () => number,
    choices: readonly (readonly [number, Choice])[],
): Choice {
    const total = choices.reduce((sum, [weight]) => sum + weight, 0);
    let left = random() * total;
    for (const [weight, choice] of choices) {
        left -= weight;
        if (left < 0) {
            return choice;
        }
    }
    const last = choices.at(-1);
    if (last === undefined) {
        throw new Error("nothing to choose from");
    }
    return last[1];
}
