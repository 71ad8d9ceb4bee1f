import { ledgerFaults } from "./invariants";
import type { Entry, Holder, Lease, Ledger, Policy } from "./ledger";
import { noPolicy } from "./ledger";

/** The only format that is written and read. A ledger of a higher one belongs to a newer release. */
const format = 1;

/** Why a ledger is not used: nothing is deleted and nothing taken over on its word. */
export type LedgerProblem =
    | { readonly problem: "unreadable"; readonly detail: string }
    | { readonly problem: "newer format"; readonly format: number }
    | { readonly problem: "another layer"; readonly layer: string };

/**
 * Reads a ledger that may be anything: everything in it is checked before it is believed.
 *
 * @param layer ARN of the layer that it has to be about
 */
export function parseLedger(text: string, layer: string): Ledger | LedgerProblem {
    try {
        const fields = record(JSON.parse(text), "the ledger");
        const found = count(fields["format"], "format");
        if (found > format) {
            return { problem: "newer format", format: found };
        }
        const ledger: Ledger = {
            layer: textOf(fields["layer"], "layer"),
            epoch: textOf(fields["epoch"], "epoch"),
            sequence: count(fields["sequence"], "sequence"),
            versions: new Map(
                Object.entries(record(fields["versions"], "versions")).map(([number, entry]) => [
                    versionNumber(number),
                    parseEntry(entry, `version ${number}`),
                ]),
            ),
            publishing: mapOf(fields["publishing"], "publishing", parseLease),
        };
        if (ledger.layer !== layer) {
            return { problem: "another layer", layer: ledger.layer };
        }
        const [fault] = ledgerFaults(ledger);
        return fault === undefined ? ledger : { problem: "unreadable", detail: fault };
    } catch (error) {
        return { problem: "unreadable", detail: error instanceof Error ? error.message : String(error) };
    }
}

/** Whether reading a ledger has failed. */
export const isProblem = (read: Ledger | LedgerProblem): read is LedgerProblem => "problem" in read;

/** The ledger as it is kept: JSON with versions in order. */
export function serialiseLedger({ layer, epoch, sequence, versions, publishing }: Ledger): string {
    const entries = [...versions].sort(([left], [right]) => left - right).map(serialiseEntry);
    return `${JSON.stringify(
        {
            format,
            layer,
            epoch,
            sequence,
            versions: Object.fromEntries(entries),
            publishing: Object.fromEntries(publishing),
        },
        null,
        1,
    )}\n`;
}

function serialiseEntry([version, entry]: readonly [number, Entry]): [string, unknown] {
    const { key, codeSha256, artifacts, origin, policy, deleting, holders } = entry;
    return [
        String(version),
        {
            ...(key === undefined ? {} : { key }),
            codeSha256,
            artifacts,
            origin,
            ...(policy.want === 0 ? {} : { policy }),
            ...(deleting ? { deleting } : {}),
            holders: Object.fromEntries(holders),
        },
    ];
}

function parseEntry(value: unknown, where: string): Entry {
    const fields = record(value, where);
    const key = fields["key"];
    const policy = fields["policy"];
    return {
        ...(key === undefined ? {} : { key: textOf(key, `${where}: key`) }),
        codeSha256: textOf(fields["codeSha256"], `${where}: codeSha256`),
        artifacts: texts(fields["artifacts"], `${where}: artifacts`),
        origin: oneOf(fields["origin"], ["published", "found"], `${where}: origin`),
        holders: mapOf(fields["holders"], `${where}: holders`, parseHolder),
        policy: policy === undefined ? noPolicy : parsePolicy(policy, `${where}: policy`),
        deleting: fields["deleting"] !== undefined && oneOf(fields["deleting"], [true], `${where}: deleting`),
    };
}

function parseHolder(value: unknown, where: string): Holder {
    const fields = record(value, where);
    const keep = fields["keep"];
    return {
        owner: textOf(fields["owner"], `${where}: owner`),
        number: count(fields["number"], `${where}: number`),
        use: oneOf(fields["use"], ["current", "kept"], `${where}: use`),
        keep: keep === null ? null : count(keep, `${where}: keep`),
        permissions: texts(fields["permissions"], `${where}: permissions`),
    };
}

function parsePolicy(value: unknown, where: string): Policy {
    const fields = record(value, where);
    return {
        want: count(fields["want"], `${where}: want`),
        done: count(fields["done"], `${where}: done`),
        given: texts(fields["given"], `${where}: given`),
    };
}

function parseLease(value: unknown, where: string): Lease {
    const fields = record(value, where);
    return {
        by: textOf(fields["by"], `${where}: by`),
        since: count(fields["since"], `${where}: since`),
        at: count(fields["at"], `${where}: at`),
        above: count(fields["above"], `${where}: above`),
        codeSha256: textOf(fields["codeSha256"], `${where}: codeSha256`),
        settings: textOf(fields["settings"], `${where}: settings`),
    };
}

function record(value: unknown, where: string): Readonly<Record<string, unknown>> {
    if (!isRecord(value)) {
        throw new Error(`${where} is no object`);
    }
    return value;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
    typeof value === "object" && value !== null && !Array.isArray(value);

function mapOf<Member>(
    value: unknown,
    where: string,
    parse: (member: unknown, where: string) => Member,
): Map<string, Member> {
    return new Map(
        Object.entries(record(value, where)).map(([name, member]) => [
            name,
            parse(member, `${where}: ${name.slice(0, 80)}`),
        ]),
    );
}

function textOf(value: unknown, where: string): string {
    if (typeof value !== "string" || value === "") {
        throw new Error(`${where} is no text`);
    }
    return value;
}

function texts(value: unknown, where: string): string[] {
    if (!Array.isArray(value)) {
        throw new Error(`${where} is no list`);
    }
    return value.map((member: unknown) => textOf(member, where));
}

function count(value: unknown, where: string): number {
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
        throw new Error(`${where} is no count`);
    }
    return value;
}

function versionNumber(name: string): number {
    const version = Number(name);
    if (!/^[1-9]\d*$/.test(name) || !Number.isSafeInteger(version)) {
        throw new Error(`${JSON.stringify(name.slice(0, 80))} is no version number`);
    }
    return version;
}

function oneOf<const Choice>(value: unknown, choices: readonly Choice[], where: string): Choice {
    const chosen = choices.find((choice) => choice === value);
    if (chosen === undefined) {
        throw new Error(`${where} is none of ${choices.join(", ")}`);
    }
    return chosen;
}
