import os from "node:os";
import { createAwsSession } from "../aws/session";
import type { GetSetting } from "../aws/settingReader";
import { run } from "../build/run";
import type { Host } from "../layer/host";
import { createRunMemory } from "../layer/memory";
import { paintFor, type Terminal } from "./terminal";

/** The core's host for one command. @param get reads what the options say of AWS, by the name of the stack's setting */
export const hostOf = (
    { folder, environment, colours, writeError }: Terminal,
    get: GetSetting = () => undefined,
): Host => ({
    folder,
    environment,
    temporaryFolder: os.tmpdir(),
    aws: createAwsSession(get, environment, {}, (notice) =>
        writeError(`${paintFor(colours.error).yellow("warning:")} ${notice}\n`),
    ),
    run,
    memory: createRunMemory(),
});
