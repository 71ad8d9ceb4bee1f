import { type AwsSession, createAwsSession, type Patience } from "../../provider/aws/session";
import type { GetSetting } from "../../provider/aws/settingReader";
import { createProvider, type Hooks } from "../../provider/dynamic/provider";

let folder = "";
let session: AwsSession | undefined;

/** Has the providers that are opened from now on work in this folder. */
export function enter(there: string): void {
    folder = there;
}

/** Sends the providers that are opened from now on to an AWS, as the settings of a stack do. */
export function configure(get: GetSetting, patience: Patience = {}, environment = process.env): void {
    session = createAwsSession(get, environment, patience);
}

/** A provider as the engine starts one for each run. All of them share the clients of {@link configure}. */
export function openProvider(): Hooks {
    const settled = session;
    if (folder === "" || settled === undefined) {
        throw new Error("enter and configure come first.");
    }
    const there = folder;
    return createProvider({ argv: [], cwd: () => there, env: process.env }, () => settled);
}
