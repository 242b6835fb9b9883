/** What the process says to its shell (contract 10.6). */
export const exitCodes = { ok: 0, error: 1, usage: 2, budgetExhausted: 2 } as const;
