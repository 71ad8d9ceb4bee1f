import type { LedgerProblem } from "./format";
import type { Holding } from "./ledger";

/** Why a version stays although its resource has left it. */
export type KeptBecause =
    /** `keepVersions` holds it. */
    | "superseded"
    /** Another create of the same owner is newer: nobody can tell whether this one was superseded or removed. */
    | "doubtful"
    /** Others use it. */
    | "held"
    /** It may have been published by somebody else, or be known to another ledger. */
    | "found"
    /** The state's hold is not in the ledger: it was given up before, or belongs to a ledger that was lost. */
    | "unknown"
    | "another epoch"
    | "no ledger"
    | "ledger not used";

/** What happened, for whoever runs the command: a code with its data. The wording belongs to the front end. */
export type Note =
    | { readonly code: "published" | "taken over" | "deleted" | "let go"; readonly version: number }
    | {
          readonly code: "kept";
          readonly version: number;
          readonly because: KeptBecause;
          /** Who holds it, with the create ids that `release` of the command line takes. */
          readonly holders: readonly Holding[];
      }
    /** Superseded versions of a resource that is removed, which `keepVersions` holds all the same. */
    | { readonly code: "kept too"; readonly versions: readonly number[] }
    /** Another hold of the same owner: of a run that was cut short, of a lost state, or of a second state with the same names. */
    | { readonly code: "other hold"; readonly holding: Holding }
    | { readonly code: "waiting"; readonly by: string; readonly versionKey: string }
    /** A publisher was taken for dead; what it had published was entered. */
    | { readonly code: "lease ended"; readonly version: number | undefined }
    /** A version that this ledger's publisher may have made, or another ledger's: nobody takes it over, and nobody deletes it. */
    | { readonly code: "doubtful version"; readonly version: number }
    | { readonly code: "ledger made"; readonly epoch: string; readonly newestVersion: number }
    | { readonly code: "ledger not used"; readonly problem: LedgerProblem }
    /** Lambda does not have the version any more: its entry was taken out with these holders. */
    | { readonly code: "missing in Lambda"; readonly version: number; readonly holders: readonly Holding[] }
    /** Lambda says something else of the version than the ledger: it is neither taken over nor deleted. */
    | { readonly code: "not what it says"; readonly version: number }
    /** This process published the version twice, or too late; the other one of its key counts. */
    | { readonly code: "duplicate"; readonly version: number }
    /** Something of another resource could not be completed; the next who comes by tries again. */
    | {
          readonly code: "left undone";
          readonly what: "deletion" | "lease" | "permissions";
          readonly version: number | undefined;
          readonly error: unknown;
      };

/** Takes notes as they come. */
export type Tell = (note: Note) => void;
