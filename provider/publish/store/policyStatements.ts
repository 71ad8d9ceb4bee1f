import { createHash } from "node:crypto";
import type { Clients } from "../../aws/clients";
import { awsError, describeAwsFailure, isNotFound } from "../../aws/failures";
import { loadLambda } from "../../aws/sdk";
import type { PolicyState, Statement } from "../operations/place";

/** The policy of one version, and whose statements in it. */
export interface PolicyOf {
    readonly clients: Clients;
    readonly layerName: string;
    readonly version: number;
    /** The layer's own account, which the mark permits what it may do anyway. */
    readonly account: string;
    /** See {@link statementMark}. */
    readonly mark: string;
    readonly signal: AbortSignal;
}

/** Begins the ids of a ledger's statements. It is made of the ledger's place, so that one that is made anew there goes on with them. */
export const statementMark = (ledgerUri: string): string =>
    `pulumi-lambda-layer-${createHash("sha256").update(ledgerUri).digest("hex").slice(0, 8)}-`;

/** This ledger's statements in a version's policy, with the revision that calls are conditional on. */
export async function readPolicy(of: PolicyOf): Promise<PolicyState> {
    const { clients, layerName, version, mark, signal } = of;
    const { GetLayerVersionPolicyCommand } = await loadLambda();
    try {
        const command = new GetLayerVersionPolicyCommand({ LayerName: layerName, VersionNumber: version });
        const { Policy, RevisionId } = await clients.lambda.send(command, { abortSignal: signal });
        return { revision: RevisionId, statements: ownStatements(Policy ?? "", mark) };
    } catch (error) {
        // That is how Lambda says that a version has no policy.
        if (isNotFound(error)) {
            return { revision: undefined, statements: [] };
        }
        throw awsError(error, `lambda:GetLayerVersionPolicy ${about(of)}`);
    }
}

/** See `LayerVersions.addStatement`. */
export async function addStatement(
    of: PolicyOf,
    statement: Statement,
    revision: string | undefined,
): Promise<string | undefined> {
    const { clients, layerName, version, signal } = of;
    const { AddLayerVersionPermissionCommand } = await loadLambda();
    const command = new AddLayerVersionPermissionCommand({
        LayerName: layerName,
        VersionNumber: version,
        StatementId: statementId(of, statement),
        Action: "lambda:GetLayerVersion",
        ...principalOf(of, statement),
        ...(revision === undefined ? {} : { RevisionId: revision }),
    });
    try {
        return (await clients.lambda.send(command, { abortSignal: signal })).RevisionId;
    } catch (error) {
        if (isConflict(error)) {
            return undefined;
        }
        throw awsError(error, `lambda:AddLayerVersionPermission ${about(of)}`);
    }
}

/** See `LayerVersions.removeStatement`. */
export async function removeStatement(
    of: PolicyOf,
    statement: Statement,
    revision: string,
): Promise<boolean> {
    const { clients, layerName, version, signal } = of;
    const { RemoveLayerVersionPermissionCommand } = await loadLambda();
    const command = new RemoveLayerVersionPermissionCommand({
        LayerName: layerName,
        VersionNumber: version,
        StatementId: statementId(of, statement),
        RevisionId: revision,
    });
    try {
        await clients.lambda.send(command, { abortSignal: signal });
        return true;
    } catch (error) {
        if (isConflict(error)) {
            return false;
        }
        throw awsError(error, `lambda:RemoveLayerVersionPermission ${about(of)}`);
    }
}

/** Another revision, a statement that is there, a version or a policy that is gone: the policy is to be read again. */
const isConflict = (error: unknown): boolean =>
    isNotFound(error) ||
    ["PreconditionFailedException", "ResourceConflictException"].includes(describeAwsFailure(error).name);

/** Names the grantee, so that a policy can be read back without trusting how it words a principal. */
const statementId = ({ mark }: PolicyOf, statement: Statement): string =>
    `${mark}${"mark" in statement ? statement.mark : statement.grantee === "*" ? "everyone" : statement.grantee}`;

function principalOf({ account }: PolicyOf, statement: Statement) {
    if ("mark" in statement) {
        return { Principal: account };
    }
    const { grantee } = statement;
    return grantee.startsWith("o-") ? { Principal: "*", OrganizationId: grantee } : { Principal: grantee };
}

const about = ({ layerName, version }: PolicyOf): string => `for layer "${layerName}" version ${version}`;

function ownStatements(policy: string, mark: string): Statement[] {
    return statementIds(policy)
        .filter((id) => id.startsWith(mark))
        .map((id) => id.slice(mark.length))
        .map((name) =>
            name === "even" || name === "odd"
                ? { mark: name }
                : { grantee: name === "everyone" ? "*" : name },
        );
}

function statementIds(policy: string): string[] {
    let document: unknown;
    try {
        document = JSON.parse(policy);
    } catch {
        return [];
    }
    const statements: unknown =
        typeof document === "object" && document !== null ? Reflect.get(document, "Statement") : undefined;
    return (Array.isArray(statements) ? statements : []).flatMap((statement: unknown) => {
        const id: unknown =
            typeof statement === "object" && statement !== null ? Reflect.get(statement, "Sid") : undefined;
        return typeof id === "string" ? [id] : [];
    });
}
