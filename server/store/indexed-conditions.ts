/** Conditions on tasks, as SQL, of partial indexes: an engine uses the index for a query that says exactly the same. */

/** RETRY is no end: the task comes back. Nor is LOST, for whoever was taken for dead may be back. */
export const isOpen = `state not in ('SUCCESS', 'FAILURE', 'REVOKED', 'REJECTED')`;

/** The root is known and another task: no bytes at all stand for the task itself. */
export const hasRoot = 'length(root_id) > 0';
