"""Drives the unmodified Python SDK, found on PYTHONPATH, and prints what every operation gave.

MEERKAT_BIN_PATH is the bridge. A result that the SDK would have refused is a failed operation here.
"""

import asyncio
import json

from meerkat import MeerkatClient, MeerkatError

TOOL = {"type": "object", "properties": {"q": {"type": "string"}}}
MISSING = "00000000-0000-7000-8000-000000000000"
report = {}


async def attempt(name, work):
    try:
        value = await work
        report[name] = "ok"
        return value
    except MeerkatError as error:
        report[name] = f"{error.code}: {error}"
        return None


async def told(stream):
    return [getattr(event, "type", None) or type(event).__name__ async for event in stream]


async def failing(work):
    try:
        await work
        return "nothing failed"
    except MeerkatError as error:
        return error.code


async def turns(client):
    session = await attempt("create_session", client.create_session("hello"))
    async with client.create_session_streaming("hello think") as stream:
        report["create_session_streaming"] = await told(stream)
        report["stream_text"] = stream.result.text != ""
    await attempt("turn", session.turn("And once more, please."))
    async with session.stream("hello") as stream:
        report["stream"] = await told(stream)
    async with session.stream("please fail now") as stream:
        report["failed_stream"] = await failing(told(stream))
    with_tool = await attempt("tool", client.create_session("use-tool:compat_probe"))
    report["tool_text"] = with_tool.text
    await attempt("interrupt_idle", session.interrupt())
    return session


async def interrupted(client):
    session = await client.create_session("hello")
    running = asyncio.create_task(failing(session.turn("slow story")))
    while not (await client.list_sessions())[0].is_active:
        await asyncio.sleep(0)
    await attempt("interrupt", session.interrupt())
    report["interrupted"] = await running
    await attempt("turn_after_interrupt", session.turn("hello"))


async def reads(client, session):
    rows = await attempt("list_sessions", client.list_sessions())
    report["listed"] = len(rows)
    read = await attempt("read_session", client.read_session(session.id))
    report["read_is_session"] = read.session_id == session.id
    await attempt("history", session.history())
    await attempt("history_page", client.read_session_history(session.id, offset=1, limit=1))
    await attempt("inject_context", session.inject_context("The moon is full."))
    if hasattr(client, "get_models_catalog"):
        await attempt("models", client.get_models_catalog())
    await attempt("skills", client.list_skills())
    report["has_sessions"] = client.has_capability("sessions")


async def subscribed(client, session):
    events = []
    subscription = await client.subscribe_session_events(session.id)

    async def follow():
        async for envelope in subscription:
            events.append(getattr(envelope.payload, "type", None) or type(envelope.payload).__name__)

    following = asyncio.create_task(follow())
    await session.turn("hello")
    while "RunCompleted" not in events:
        await asyncio.sleep(0)
    await subscription.close()
    await following
    report["subscription"] = events
    report["subscription_outcome"] = (subscription.terminal_outcome or {}).get("outcome")


async def config(client):
    generation = (await client.get_config())["generation"]
    document = {"agent": {"max_tokens_per_turn": 1024}}
    written = await client.set_config(document, expected_generation=generation)
    stale = client.set_config(document, expected_generation=generation + 7)
    report["stale_generation"] = await failing(stale)
    patch = {"agent": {"max_tokens_per_turn": 2048}}
    await client.patch_config(patch, expected_generation=written["generation"])
    report["patched"] = (await client.get_config())["config"]["agent"]["max_tokens_per_turn"]


async def main():
    client = MeerkatClient()

    @client.tool("compat_probe", description="Returns a fixed marker.", input_schema=TOOL)
    async def probe(_arguments):
        return "compat-probe-ok"

    await client.connect()
    session = await turns(client)
    await interrupted(client)
    await reads(client, session)
    await subscribed(client, session)
    deferred = await attempt("deferred", client.create_deferred_session("hello"))
    await attempt("deferred_turn", deferred.start_turn("hello"))
    await config(client)
    report["missing"] = await failing(client.read_session(MISSING))
    await attempt("archive", session.archive())
    report["archived_turn"] = await failing(session.turn("hello"))
    await attempt("archived_history", session.history())
    process = client._process
    await client.close()
    report["exit"] = process.returncode if process else None
    print(json.dumps(report))


asyncio.run(main())
