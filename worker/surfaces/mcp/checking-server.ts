import { ProtocolError, ProtocolErrorCode, Server } from "@modelcontextprotocol/server";

type WrapHandler = Server["_wrapHandler"];

/** A server that blames a request which does not fit its method on the client: the SDK calls it an internal error. */
export class CheckingServer extends Server {
  protected override _wrapHandler(...[method, handler]: Parameters<WrapHandler>) {
    return super._wrapHandler(method, (request, context) => {
      try {
        // Only the SDK's check throws here and now; a handler's own failure comes as a promise's.
        return handler(request, context);
      } catch (cause) {
        if (cause instanceof ProtocolError || !(cause instanceof Error)) throw cause;
        const message = `Invalid ${method} request: ${cause.message}`;
        throw new ProtocolError(ProtocolErrorCode.InvalidParams, message);
      }
    });
  }
}
