import assert from "node:assert/strict";
import { callCommandLine } from "../unit/commandLine/callCommandLine";
import type { CodeBlock } from "./markdown";

/** A command of a `console` block, and what is printed below it. */
interface Step {
    readonly args: readonly string[];
    readonly output: string;
}

const prompt = "$ npx pulumi-lambda-layer ";

/**
 * Runs the commands of a `console` block, and asserts that they print what the block says, but for what differs from run to
 * run: times, sizes and what is drawn of them, and the room between columns.
 *
 * @param more Added to every command, such as the options that send it to an emulator.
 */
export async function replay(block: CodeBlock, more: readonly string[], folder?: string): Promise<void> {
    for (const { args, output } of readSteps(block)) {
        const terminal = { width: 100, ...(folder === undefined ? {} : { folder }) };
        const outcome = await callCommandLine([...args, ...more], terminal);
        assert.equal(outcome.exitCode, 0, `${block.place}: ${args.join(" ")}\n${outcome.errors}`);
        assert.equal(
            settled(outcome.output),
            settled(output),
            `${block.place}: ${args.join(" ")} prints\n${outcome.output}`,
        );
    }
}

function readSteps({ text, place }: CodeBlock): Step[] {
    const steps: { args: string[]; output: string[] }[] = [];
    for (const line of text.split("\n")) {
        if (line.startsWith(prompt)) steps.push({ args: line.slice(prompt.length).split(/ +/), output: [] });
        else if (line.startsWith("$"))
            throw new Error(`${place} runs something else than \`${prompt.trim()}\`.`);
        else steps.at(-1)?.output.push(line);
    }
    return steps.map(({ args, output }) => ({ args, output: output.join("\n") }));
}

const settled = (text: string): string =>
    text
        .replace(/\d{4}-\d\d-\d\d \d\d:\d\d/g, "<time>")
        .replace(/[+−±<]?[\d.]+ (B|kB|MB|%)(?![A-Za-z])/g, "<size>")
        .replace(/[█▉▊▋▌▍▎▏]+/g, "<bar>")
        .replace(/\s+/g, " ")
        .trim();
