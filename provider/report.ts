import { open } from "node:fs/promises";
import { sendToEngine, severity } from "./engineLog";
import { type Props, textOf } from "./props";
import { versionList } from "./quantities";

/** The resource that a message is about. */
export interface Subject {
    readonly layerName: string;
    /** As in `owner.ts`: organisation and URN. */
    readonly owner: string;
}

/** The resource with these inputs. */
export const subjectOf = (inputs: Props): Subject => ({
    layerName: textOf(inputs, "layerName") ?? "",
    owner: textOf(inputs, "owner") ?? "",
});

/** Says what has been done, as a line that stays: under the resource, or on the output where no engine is. */
export function report(subject: Subject, message: string): void {
    if (!tellEngine(subject, message, severity.info)) {
        console.log(`${subject.layerName}: ${message}`);
    }
}

/** Says which superseded versions are deleted, where any are. */
export function reportSuperseded(subject: Subject, deleted: readonly number[]): void {
    if (deleted.length > 0) {
        report(subject, `deleted superseded ${versionList(deleted)}`);
    }
}

/** The same as {@link report}, for what the user should do something about. */
export function warn(subject: Subject, message: string): void {
    if (!tellEngine(subject, message, severity.warning)) {
        console.warn(`warning: ${subject.layerName}: ${message}`);
    }
}

const said = new Set<string>();

/** Reports once per process: `check` runs twice for a replacement. */
export const reportOnce = (subject: Subject, message: string): void => once(subject, message, report);

/** Warns once per process. */
export const warnOnce = (subject: Subject, message: string): void => once(subject, message, warn);

function once(subject: Subject, message: string, say: typeof report): void {
    // Layers of two regions may share a name, and layers of the command line have no owner.
    const key = `${subject.owner}\0${subject.layerName}\0${message}`;
    if (!said.has(key)) {
        said.add(key);
        say(subject, message);
    }
}

/** Milliseconds between two lines of progress of one kind: more often nobody reads, and each costs a call. */
const progressInterval = 100;

const lastProgress = new Map<string, { readonly kind: string; readonly time: number }>();

let watched: Promise<boolean> | undefined;

/**
 * Says how far the work is, beside the resource while it is worked on: lines that differ in their numbers alone at most
 * ten times a second. Nothing of it stays, and nothing is said in CI, without a terminal or with no engine.
 */
export function progress(subject: Subject, message: string): void {
    const [kind, time] = [message.replace(/[\d.]+/g, ""), performance.now()];
    const last = lastProgress.get(subject.owner);
    if (last?.kind === kind && time - last.time < progressInterval) {
        return;
    }
    lastProgress.set(subject.owner, { kind, time });
    watched ??= isWatched(process.env);
    void watched.then((isWatched) => {
        if (isWatched) tellEngine(subject, message, severity.info, true);
    });
}

/** Says how much of a file of so many bytes is on its way. */
export const uploadProgress =
    (subject: Subject, size: number) =>
    (sent: number): void =>
        progress(subject, `uploading ${Math.floor((100 * sent) / size)} %`);

/**
 * Whether somebody may be looking: no CI system says that it runs this, and there is a terminal. The engine tells neither,
 * and prints progress as lines where its own output is no terminal.
 */
async function isWatched(environment: NodeJS.ProcessEnv): Promise<boolean> {
    if (!["", "0", "false"].includes(environment["CI"] ?? "")) {
        return false;
    }
    return open("/dev/tty").then(
        (terminal) => terminal.close().then(() => true),
        () => false,
    );
}

function tellEngine(
    { owner }: Subject,
    text: string,
    importance: (typeof severity)[keyof typeof severity],
    ephemeral = false,
): boolean {
    const urn = owner.slice(owner.indexOf("/") + 1);
    return urn.startsWith("urn:") && sendToEngine({ urn, text, severity: importance, ephemeral });
}
