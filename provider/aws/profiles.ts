import { access } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { LayerError } from "../errors";
import { nearestName } from "../spelling";
import type { AwsConfiguration } from "./configuration";
import { loadSharedFiles } from "./sdk";

/** A profile of the shared AWS files that was asked for by name. */
export interface NamedProfile {
    readonly name: string;
    /** What names it: `aws:profile` or a variable of the environment. */
    readonly namedBy: string;
}

/** A profile's settings by their names in the file. */
export type ProfileData = Readonly<Record<string, string | undefined>>;

/** The profile that counts, if one is named at all. */
export function namedProfile(
    { profile }: Pick<AwsConfiguration, "profile">,
    environment: NodeJS.ProcessEnv,
): NamedProfile | undefined {
    const candidates = [
        ["aws:profile", profile],
        ["AWS_PROFILE", environment["AWS_PROFILE"]],
        ["AWS_DEFAULT_PROFILE", environment["AWS_DEFAULT_PROFILE"]],
    ] as const;
    const found = candidates.find(([, name]) => name !== undefined && name !== "");
    return found?.[1] === undefined ? undefined : { name: found[1], namedBy: found[0] };
}

/** Paths of the shared AWS files. */
export interface SharedFiles {
    readonly config: string;
    readonly credentials: string;
}

/** The shared files that count: the stack's, the environment's, or those in the home folder. */
export function sharedFilesOf(
    { sharedFiles }: Pick<AwsConfiguration, "sharedFiles">,
    environment: NodeJS.ProcessEnv,
): SharedFiles {
    const home = environment["HOME"] || environment["USERPROFILE"] || os.homedir();
    const inHome = (name: string) => path.join(home, ".aws", name);
    return {
        config: sharedFiles.config ?? (environment["AWS_CONFIG_FILE"] || inHome("config")),
        credentials:
            sharedFiles.credentials ?? (environment["AWS_SHARED_CREDENTIALS_FILE"] || inHome("credentials")),
    };
}

/** The options by which the SDK reads these files. A long process must see what `aws sso login` and the like have written. */
export const readingOptions = ({ config, credentials }: SharedFiles) => ({
    configFilepath: config,
    filepath: credentials,
    ignoreCache: true,
});

/** A profile's settings, or those of the profile `default`; `undefined` where the files have none by the name. */
export async function readProfile(
    files: SharedFiles,
    named: NamedProfile | undefined,
): Promise<ProfileData | undefined> {
    const profiles = await readProfiles(files);
    return profiles.get(named?.name ?? "default");
}

/** CREDENTIALS_MISSING for a profile that the files do not have. It tells which files were read. */
export async function profileNotFound(
    files: SharedFiles,
    { name, namedBy }: NamedProfile,
): Promise<LayerError> {
    const near = nearestName(name, [...(await readProfiles(files)).keys()]);
    const detail = await Promise.all(
        Object.values(files).map(async (file: string) => {
            const readable = await access(file).then(
                () => true,
                () => false,
            );
            return readable ? `read: ${file}` : `not there, or not readable: ${file}`;
        }),
    );
    return new LayerError("CREDENTIALS_MISSING", {
        what: `The AWS profile ${JSON.stringify(name)}, which ${namedBy} names, has no settings in the shared AWS files.`,
        detail,
        next: [
            ...(near === undefined ? [] : [`Did you mean ${JSON.stringify(near)}?`]),
            `Correct ${namedBy}, or take it away, or add the profile: \`aws configure --profile ${name}\`. In the config file its heading is [profile ${name}].`,
        ],
        property: "",
    });
}

async function readProfiles(files: SharedFiles): Promise<ReadonlyMap<string, ProfileData>> {
    const { loadSharedConfigFiles } = await loadSharedFiles();
    const { configFile, credentialsFile } = await loadSharedConfigFiles(readingOptions(files));
    // The parser names the config file's other sections `services.<name>` and `sso-session.<name>`.
    const names = [...Object.keys(configFile), ...Object.keys(credentialsFile)].filter(
        (name) => !/^(?:services|sso-session)\./.test(name),
    );
    return new Map(names.map((name) => [name, { ...configFile[name], ...credentialsFile[name] }]));
}
