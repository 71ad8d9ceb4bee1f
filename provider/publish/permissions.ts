import type { Clients } from "../aws/clients";
import { awsError, describeAwsFailure, isNotFound } from "../aws/failures";
import { loadLambda } from "../aws/sdk";
import type { Owner } from "../owner";

/** Who may use a layer version: a twelve-digit account, an organisation (`o-…`), or `*` for everyone. */
export type Grantee = string;

/** The words that fit after the argument's name when a grantee is none; `undefined` when it is one. */
export function granteeProblem(value: string): string | undefined {
    return value === "*" || /^\d{12}$/.test(value) || /^o-[a-z0-9]{10,32}$/.test(value)
        ? undefined
        : `must name accounts (twelve digits), organisations ("o-…") or "*", but ${JSON.stringify(value)} is none`;
}

/**
 * The grantees that this owner's statements give a version to, sorted.
 *
 * Statements of others, and what was added by hand, are neither seen nor touched: an owner's carry its mark.
 */
export async function readPermissions(
    clients: Clients,
    layerName: string,
    version: number,
    owner: Owner,
    signal: AbortSignal,
): Promise<Grantee[]> {
    const { GetLayerVersionPolicyCommand } = await loadLambda();
    try {
        const command = new GetLayerVersionPolicyCommand({ LayerName: layerName, VersionNumber: version });
        const { Policy } = await clients.lambda.send(command, { abortSignal: signal });
        return ownGrantees(Policy ?? "", owner);
    } catch (error) {
        // That is how Lambda says that a version has no policy.
        if (isNotFound(error)) {
            return [];
        }
        throw awsError(error, `lambda:GetLayerVersionPolicy for layer "${layerName}" version ${version}`);
    }
}

/** Makes the owner's statements on a version those that are wanted: adds what is missing, removes what is too much. */
export async function assertPermissions(
    clients: Clients,
    layerName: string,
    version: number,
    wanted: readonly Grantee[],
    owner: Owner,
    signal: AbortSignal,
): Promise<void> {
    const present = await readPermissions(clients, layerName, version, owner, signal);
    const { AddLayerVersionPermissionCommand, RemoveLayerVersionPermissionCommand } = await loadLambda();
    const about = `for layer "${layerName}" version ${version}`;
    for (const grantee of wanted.filter((each) => !present.includes(each))) {
        const command = new AddLayerVersionPermissionCommand({
            LayerName: layerName,
            VersionNumber: version,
            StatementId: statementId(grantee, owner),
            Action: "lambda:GetLayerVersion",
            ...(grantee.startsWith("o-")
                ? { Principal: "*", OrganizationId: grantee }
                : { Principal: grantee }),
        });
        try {
            await clients.lambda.send(command, { abortSignal: signal });
        } catch (error) {
            // Another run was quicker.
            if (describeAwsFailure(error).name !== "ResourceConflictException") {
                throw awsError(error, `lambda:AddLayerVersionPermission ${about}`);
            }
        }
    }
    for (const grantee of present.filter((each) => !wanted.includes(each))) {
        const command = new RemoveLayerVersionPermissionCommand({
            LayerName: layerName,
            VersionNumber: version,
            StatementId: statementId(grantee, owner),
        });
        try {
            await clients.lambda.send(command, { abortSignal: signal });
        } catch (error) {
            if (!isNotFound(error)) {
                throw awsError(error, `lambda:RemoveLayerVersionPermission ${about}`);
            }
        }
    }
}

/** Names the owner and the grantee, so that a policy can be read back without trusting how it words a principal. */
const statementId = (grantee: Grantee, owner: Owner): string =>
    `${mark(owner)}${grantee === "*" ? "everyone" : grantee}`;

const mark = (owner: Owner): string => `pulumi-${owner.hash.slice(0, 12)}-`;

function ownGrantees(policy: string, owner: Owner): Grantee[] {
    let document: unknown;
    try {
        document = JSON.parse(policy);
    } catch {
        return [];
    }
    const statements =
        typeof document === "object" && document !== null && "Statement" in document
            ? document.Statement
            : [];
    const ids = (Array.isArray(statements) ? statements : []).flatMap((statement: unknown) =>
        typeof statement === "object" &&
        statement !== null &&
        "Sid" in statement &&
        typeof statement.Sid === "string"
            ? [statement.Sid]
            : [],
    );
    const grantees = ids
        .filter((id) => id.startsWith(mark(owner)))
        .map((id) => id.slice(mark(owner).length))
        .map((name) => (name === "everyone" ? "*" : name));
    return [...new Set(grantees)].sort();
}
