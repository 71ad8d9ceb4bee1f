/** A name of a package, extra or group as PEP 503 and PEP 685 normalise it: `Flask_SQL.Alchemy` → `flask-sql-alchemy`. */
export const normalizeName = (name: string): string => name.replace(/[-_.]+/g, "-").toLowerCase();
