import { nearestName } from "../spelling";
import type { SettingReader } from "./settingReader";

/** What a role's session may be told, whoever asks for it. */
interface RoleSession {
    readonly roleArn: string;
    readonly sessionName: string | undefined;
    readonly durationSeconds: number | undefined;
    /** JSON of a policy that narrows the role. */
    readonly policy: string | undefined;
    readonly policyArns: readonly string[] | undefined;
}

/** A role to take on before any call, as `aws:assumeRoles` lists them. */
export interface AssumedRole extends RoleSession {
    readonly externalId: string | undefined;
    readonly sourceIdentity: string | undefined;
    readonly tags: Readonly<Record<string, string>> | undefined;
    readonly transitiveTagKeys: readonly string[] | undefined;
}

/** The role that `aws:assumeRoleWithWebIdentity` names, with exactly one of its two ways to a token. */
export interface WebIdentity extends RoleSession {
    readonly token: string | undefined;
    readonly tokenFile: string | undefined;
}

const sessionMembers = ["roleArn", "sessionName", "duration", "policy", "policyArns"];

/** The roles of `aws:assumeRoles`, and of its older name `aws:assumeRole`, in their order. */
export function readRoles(settings: SettingReader): readonly AssumedRole[] {
    return ["assumeRoles", "assumeRole"].flatMap((name) =>
        settings.list(name).flatMap((entry, position): AssumedRole[] => {
            const member = readMembers(settings, name, entry, position, [
                ...sessionMembers,
                "externalId",
                "sourceIdentity",
                "tags",
                "transitiveTagKeys",
            ]);
            const session = member && readSession(member);
            return member === undefined || session === undefined
                ? []
                : [
                      {
                          ...session,
                          externalId: member.text("externalId"),
                          sourceIdentity: member.text("sourceIdentity"),
                          tags: member.textsByName("tags"),
                          transitiveTagKeys: member.texts("transitiveTagKeys"),
                      },
                  ];
        }),
    );
}

/** The role of `aws:assumeRoleWithWebIdentity`; `undefined` where none is set. */
export function readWebIdentity(settings: SettingReader): WebIdentity | undefined {
    const name = "assumeRoleWithWebIdentity";
    const [entry, ...more] = settings.list(name);
    if (entry === undefined) {
        return undefined;
    }
    if (more.length > 0) {
        settings.problem(name, "names more than one role");
    }
    const member = readMembers(settings, name, entry, undefined, [
        ...sessionMembers,
        "webIdentityToken",
        "webIdentityTokenFile",
    ]);
    const session = member && readSession(member);
    if (member === undefined || session === undefined) {
        return undefined;
    }
    const [token, tokenFile] = [member.text("webIdentityToken"), member.text("webIdentityTokenFile")];
    if ((token === undefined) === (tokenFile === undefined)) {
        settings.problem(name, "must have webIdentityToken or webIdentityTokenFile, and not both");
    }
    return { ...session, token, tokenFile };
}

/** The members of one entry. Only their names are ever told: a token is one of the values. */
interface Members {
    readonly text: (name: string) => string | undefined;
    readonly texts: (name: string) => readonly string[] | undefined;
    readonly textsByName: (name: string) => Readonly<Record<string, string>> | undefined;
    readonly problem: (sentence: string) => void;
}

function readMembers(
    settings: SettingReader,
    setting: string,
    entry: unknown,
    position: number | undefined,
    known: readonly string[],
): Members | undefined {
    const where = position === undefined ? setting : `${setting}[${position}]`;
    const problem = (sentence: string) => settings.problem(where, sentence);
    if (!isRecord(entry)) {
        problem("must be an object with a roleArn");
        return undefined;
    }
    for (const name of Object.keys(entry).filter((each) => !known.includes(each))) {
        const near = nearestName(name, known);
        problem(`has no member ${name}${near === undefined ? "" : `: did you mean ${near}?`}`);
    }
    const member = <Value>(name: string, test: (value: unknown) => value is Value, meaning: string) => {
        const value = entry[name];
        if (value === undefined || value === null || value === "") {
            return undefined;
        }
        if (test(value)) {
            return value;
        }
        problem(`has a ${name} that is no ${meaning}`);
        return undefined;
    };
    const isText = (value: unknown): value is string => typeof value === "string";
    const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);
    const isTextsByName = (value: unknown): value is Record<string, string> =>
        isRecord(value) && Object.values(value).every(isText);
    return {
        text: (name) => member(name, isText, "text"),
        texts: (name) => member(name, isTexts, "list of texts"),
        textsByName: (name) => member(name, isTextsByName, "object of texts"),
        problem,
    };
}

function readSession(member: Members): RoleSession | undefined {
    const roleArn = member.text("roleArn");
    if (roleArn === undefined) {
        member.problem("has no roleArn");
        return undefined;
    }
    const duration = member.text("duration");
    const durationSeconds = duration === undefined ? undefined : readDuration(duration);
    if (Number.isNaN(durationSeconds)) {
        member.problem('has a duration that is none, such as "1h", "15m" or "1h30m"');
    }
    return {
        roleArn,
        sessionName: member.text("sessionName"),
        durationSeconds: durationSeconds || undefined,
        policy: member.text("policy"),
        policyArns: member.texts("policyArns"),
    };
}

/** Seconds in each unit of a duration as Go writes it (`time.ParseDuration`), the form that `pulumi-aws` takes. */
const units: Readonly<Record<string, number>> = {
    h: 3600,
    m: 60,
    s: 1,
    ms: 1e-3,
    us: 1e-6,
    µs: 1e-6,
    ns: 1e-9,
};

/** Whole seconds of a duration such as `1h`, `1h30m` or `1.5h`; not a number where it is none. */
function readDuration(value: string): number {
    if (!/^\+?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:h|ms|m|s|us|µs|ns))+)$/.test(value)) {
        return Number.NaN;
    }
    let seconds = 0;
    for (const [, number, unit = ""] of value.matchAll(/([\d.]+)([a-zµ]+)/g)) {
        seconds += Number(number) * (units[unit] ?? 0);
    }
    return Math.floor(seconds);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
    typeof value === "object" && value !== null && !Array.isArray(value);
