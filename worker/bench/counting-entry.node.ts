/**
 * A module around the built Worker that counts what a deployment would be billed for: the rows that
 * each statement writes, indexes included, and the alarms that are set. `GET /__rows` tells the sum.
 */
export const countingEntry = `
import worker, * as objects from "./index.js";

const cursors = [];
let alarms = 0;

function count(storage) {
  const sql = Object.getPrototypeOf(storage.sql);
  if (sql.isCounted) return;
  sql.isCounted = true;
  const { exec } = sql;
  sql.exec = function (...given) {
    const cursor = exec.apply(this, given);
    cursors.push(cursor);
    return cursor;
  };
  const shared = Object.getPrototypeOf(storage);
  const { setAlarm } = shared;
  shared.setAlarm = function (...given) {
    alarms += 1;
    return setAlarm.apply(this, given);
  };
}

export class SessionObject extends objects.SessionObject {
  constructor(ctx, env) {
    count(ctx.storage);
    super(ctx, env);
  }
}

export class RealmObject extends objects.RealmObject {
  constructor(ctx, env) {
    count(ctx.storage);
    super(ctx, env);
  }
}

export default {
  fetch(request, env, ctx) {
    if (!request.url.endsWith("/__rows")) return worker.fetch(request, env, ctx);
    const written = cursors.reduce((sum, { rowsWritten }) => sum + rowsWritten, 0);
    return Response.json({ written, alarms });
  },
};
`;
